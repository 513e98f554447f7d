import { bytes32, FakeNodes, hexOf } from '../node/fake-nodes.spec-support.js';
import { readBlock } from './block.js';
import { readCheckpoint, readFinalised } from './checkpoint.js';

const from = `0x${'11'.repeat(20)}`;
const to = `0x${'22'.repeat(20)}`;
const builder = `0x${'33'.repeat(20)}`;
const transaction = { hash: bytes32(0x70), from, to, value: hexOf(5), nonce: '0x3' };
const receipt = {
  transactionHash: bytes32(0x70),
  transactionIndex: '0x0',
  blockHash: bytes32(5),
  from,
  to,
  status: '0x1',
  gasUsed: '0x5208',
  cumulativeGasUsed: '0x5208',
  effectiveGasPrice: '0x2',
  logs: [{ logIndex: '0x0' }, { logIndex: '0x1' }],
};
const block = {
  number: '0x5',
  hash: bytes32(5),
  parentHash: bytes32(4),
  timestamp: '0x3e8',
  miner: builder,
  baseFeePerGas: '0x1',
  gasUsed: '0x5208',
  transactions: [transaction],
  withdrawals: [{ index: '0x9', validatorIndex: '0x2', address: to, amount: '0x3' }],
};

function arranged(changes: { block?: object | null; receipts?: unknown } = {}): FakeNodes {
  const nodes = new FakeNodes();
  nodes.method('eth_getBlockByNumber', () => (changes.block === null ? null : { ...block, ...changes.block }));
  nodes.method('eth_getBlockReceipts', () => changes.receipts ?? [receipt]);
  return nodes;
}

describe('a block', () => {
  it('has its transfers with their cost and its withdrawals in wei', async () => {
    expect(await readBlock(arranged().execution, 5n)).toEqual({
      number: 5n,
      hash: bytes32(5),
      parentHash: bytes32(4),
      time: new Date(1_000_000),
      feeRecipient: builder,
      priorityFees: 21_000n,
      transfers: [{ transactionHash: bytes32(0x70), from, to, value: 5n, nonce: 3n, gasCost: 42_000n, succeeded: true }],
      credits: [{ index: 9n, validatorIndex: 2n, address: to, amount: 3_000_000_000n }],
    });
  });

  it('counts blobs in the cost, and shows failures and creations', async () => {
    const blobs = { ...receipt, to: null, status: '0x0', blobGasUsed: hexOf(131_072), blobGasPrice: '0x1' };
    const read = await readBlock(arranged({ receipts: [blobs], block: { transactions: [{ ...transaction, to: null }] } }).execution, 5n);
    expect(read.transfers[0]).toMatchObject({ gasCost: 42_000n + 131_072n, succeeded: false, to: null });
  });

  it('before Shanghai has no withdrawals', async () => {
    expect((await readBlock(arranged({ block: { withdrawals: undefined } }).execution, 5n)).credits).toEqual([]);
  });

  it.each([
    ['is of another height', { block: { number: '0x6' } }],
    ['has no receipt for a transaction', { receipts: [] }],
    ['has a receipt of another block', { receipts: [{ ...receipt, blockHash: bytes32(6) }] }],
    ['has a receipt of another transaction', { receipts: [{ ...receipt, transactionHash: bytes32(6) }] }],
    ['has receipts to spare', { receipts: [receipt, { ...receipt, transactionHash: bytes32(6) }] }],
    ['has a receipt of another sender', { receipts: [{ ...receipt, from: to }] }],
    ['has a receipt of another receiver', { receipts: [{ ...receipt, to: null }] }],
    ['has a receipt in another place', { receipts: [{ ...receipt, transactionIndex: '0x1' }] }],
    ['used more gas than its receipts', { block: { gasUsed: '0x5209' } }],
    ['has gas that does not add up', { receipts: [{ ...receipt, cumulativeGasUsed: '0x5209' }] }],
    ['lacks a log', { receipts: [{ ...receipt, logs: [{ logIndex: '0x0' }, { logIndex: '0x2' }] }] }],
    ['was paid less than its base fee', { block: { baseFeePerGas: '0x3' } }],
    ['has a status that is none', { receipts: [{ ...receipt, status: '0x2' }] }],
    ['has no gas used', { receipts: [{ ...receipt, gasUsed: undefined }] }],
    ['has a hash that is none', { block: { hash: '0x12' } }],
    ['has a withdrawal without an amount', { block: { withdrawals: [{ index: '0x9', validatorIndex: '0x2', address: to }] } }],
  ])('that %s is garbage', async (_name, changes) => {
    await expect(readBlock(arranged(changes).execution, 5n)).rejects.toMatchObject({ code: 'chain.garbage' });
  });

  it('that the node does not have is not there yet', async () => {
    await expect(readBlock(arranged({ block: null }).execution, 5n)).rejects.toMatchObject({ code: 'chain.syncing' });
  });
});

describe('finality', () => {
  const root = bytes32(0xbeac);
  function finalising(options: { epoch: string; payload?: object; body?: object; tagged?: number | null }): FakeNodes {
    const nodes = new FakeNodes();
    nodes.reply('/eth/v1/beacon/states/head/finality_checkpoints', { finalized: { epoch: options.epoch, root } });
    nodes.reply('/eth/v1/beacon/headers/genesis', { root: bytes32(0) });
    nodes.reply(`/eth/v2/beacon/blocks/${root}`, {
      message: {
        slot: '14',
        body: options.body ?? { execution_payload: options.payload ?? { block_hash: bytes32(12), block_number: '12' } },
      },
    });
    nodes.method('eth_getBlockByNumber', (at: string) => {
      if (at === 'finalized' && options.tagged === null) return null;
      const number = at === 'finalized' ? (options.tagged ?? 12) : Number(at);
      return { number: hexOf(number), hash: bytes32(number), timestamp: hexOf(1000 + number * 12) };
    });
    return nodes;
  }

  it('is the first slot of the epoch, with the block in force at it: the slot itself may be missed', async () => {
    expect(await readCheckpoint(finalising({ epoch: '2' }).network())).toEqual({
      epoch: 2n,
      slot: 16n,
      blockRoot: root,
      block: { number: 12n, hash: bytes32(12), time: new Date(1_144_000) },
    });
  });

  it('since Gloas is the payload that the block builds on: its own may never be revealed', async () => {
    const bid = { message: { block_hash: bytes32(13), parent_block_hash: bytes32(12) } };
    const nodes = finalising({ epoch: '2', body: { signed_execution_payload_bid: bid } });
    nodes.method('eth_getBlockByHash', (hash: string) => ({ number: '0xc', hash, timestamp: hexOf(1144) }));
    expect(await readCheckpoint(nodes.network())).toMatchObject({ slot: 16n, block: { number: 12n, hash: bytes32(12) } });
  });

  it('is the genesis while nothing else is', async () => {
    expect(await readCheckpoint(finalising({ epoch: '0' }).network())).toMatchObject({ epoch: 0n, slot: 0n, block: { number: 0n } });
    expect(await readFinalised(finalising({ epoch: '0', tagged: null }).network())).toMatchObject({ number: 0n });
  });

  it('is the older of what the two nodes say', async () => {
    expect(await readFinalised(finalising({ epoch: '2', tagged: 9 }).network())).toMatchObject({ number: 9n });
    expect(await readFinalised(finalising({ epoch: '2', tagged: 13 }).network())).toMatchObject({ number: 12n });
  });

  it.each([
    ['the nodes are on different forks', { epoch: '2', payload: { block_hash: bytes32(99), block_number: '12' } }],
    ['the block is after its checkpoint', { epoch: '1' }],
    ['the payload is not there', { epoch: '2', payload: { block_hash: '0x', block_number: '12' } }],
  ])('is garbage when %s', async (_name, options) => {
    await expect(readCheckpoint(finalising(options).network())).rejects.toMatchObject({ code: 'chain.garbage' });
  });
});
