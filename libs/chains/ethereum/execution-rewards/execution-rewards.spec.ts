import { bytes32, FakeNodes, HEAD, hexOf, pubkeyOf, state, validatorAnswer } from '../node/fake-nodes.spec-support.js';
import { readExecutionRewards } from './execution-rewards.js';

const mine = `0x${'aa'.repeat(20)}`;
const builder = `0x${'bb'.repeat(20)}`;
const other = `0x${'cc'.repeat(20)}`;
const ours = { pubkeys: new Set([pubkeyOf(1)]), addresses: new Set([mine]) };

interface Sent {
  from: string;
  to: string | null;
  wei: number;
  tip?: number;
  failed?: boolean;
}
interface Made {
  miner: string;
  sent?: Sent[];
  proposer?: number;
  credits?: [index: bigint, gwei: number][];
}

/** Blocks 1… in slots 11…; each transaction uses 21000 gas at base fee 7. */
function chain(blocks: Made[]): FakeNodes {
  const nodes = new FakeNodes();
  nodes.reply('/eth/v1/beacon/headers/head', { root: bytes32(1), header: { message: { slot: String(HEAD) } } });
  for (const index of [1, 2]) nodes.reply(state(HEAD, `validators?id=${index}`), [validatorAnswer(index)], { finalized: false });
  nodes.reply(state(HEAD, `validators?id=${pubkeyOf(1)}`), [validatorAnswer(1)], { finalized: false });
  const hash = (number: number, n: number): string => bytes32(number * 100 + n);
  nodes.method('eth_getBlockByNumber', (at: string, whole: boolean) => {
    const made = blocks[Number(at) - 1];
    const sent = made?.sent ?? [];
    return {
      number: at,
      hash: bytes32(Number(at)),
      parentHash: bytes32(Number(at) - 1),
      timestamp: hexOf(1000 + (Number(at) + 10) * 12),
      miner: made?.miner,
      baseFeePerGas: '0x7',
      gasUsed: hexOf(21_000 * sent.length),
      withdrawals: (made?.credits ?? []).map(([index, gwei], n) => ({
        index: hexOf(n),
        validatorIndex: hexOf(index),
        address: mine,
        amount: hexOf(gwei),
      })),
      transactions: whole
        ? sent.map(({ from, to, wei }, n) => ({ hash: hash(Number(at), n), from, to, value: hexOf(wei), nonce: '0x0' }))
        : [],
    };
  });
  nodes.method('eth_getBlockReceipts', (blockHash: string) => {
    const number = Number(BigInt(blockHash));
    return (blocks[number - 1]?.sent ?? []).map(({ from, to, tip = 0, failed }, n) => ({
      transactionHash: hash(number, n),
      transactionIndex: hexOf(n),
      blockHash,
      from,
      to,
      status: failed ? '0x0' : '0x1',
      gasUsed: hexOf(21_000),
      cumulativeGasUsed: hexOf(21_000 * (n + 1)),
      effectiveGasPrice: hexOf(7 + tip),
      logs: [],
    }));
  });
  for (const [n, made] of blocks.entries()) {
    nodes.reply(`/eth/v1/beacon/headers/${n + 11}`, { header: { message: { proposer_index: String(made.proposer ?? 1) } } });
    nodes.reply(`/eth/v2/beacon/blocks/${n + 11}`, {
      message: {
        proposer_index: String(made.proposer ?? 1),
        body: { execution_payload: { block_hash: bytes32(n + 1), block_number: String(n + 1) } },
      },
    });
  }
  return nodes;
}
const read = (blocks: Made[]) => readExecutionRewards(chain(blocks).network(), ours, 1n, BigInt(blocks.length));
const between: Sent = { from: other, to: other, wei: 5, tip: 2 };

describe('execution rewards', () => {
  it('are the priority fees of a block that pays us, which no transaction shows', async () => {
    expect(
      await read([
        { miner: other, proposer: 2 },
        { miner: mine, sent: [between, { ...between, tip: 3 }] },
      ]),
    ).toEqual([{ blockNumber: 2n, slot: 12n, proposerPubkey: pubkeyOf(1), recipient: mine, priorityFees: 105_000n, mev: 0n }]);
  });

  it("are the builder's payment in the same block", async () => {
    const sent = [between, { from: builder, to: mine, wei: 900 }];
    expect(await read([{ miner: builder, sent }])).toMatchObject([{ priorityFees: 0n, mev: 900n, proposerPubkey: pubkeyOf(1) }]);
  });

  it('are a payment by the last transaction from elsewhere, where the proposer is ours', async () => {
    const sent = [between, { from: other, to: mine, wei: 900 }];
    expect(await read([{ miner: builder, sent }])).toMatchObject([{ mev: 900n }]);
    expect(await read([{ miner: builder, sent, proposer: 2 }])).toEqual([]);
    expect(await read([{ miner: builder, sent: [...sent].reverse() }])).toMatchObject([{ recipient: builder, mev: 0n }]);
  });

  it('are not what failed, and not what we move among ourselves', async () => {
    const failed = [{ from: builder, to: mine, wei: 900, failed: true }];
    expect(await read([{ miner: builder, sent: failed, proposer: 2 }])).toEqual([]);
    expect(await read([{ miner: mine, sent: [{ from: mine, to: mine, wei: 900 }] }])).toEqual([]);
  });

  it('are nothing where a block paid nothing, or one of others paid others', async () => {
    expect(await read([{ miner: mine }, { miner: builder, sent: [between], proposer: 2 }])).toEqual([]);
  });

  it('are told without money where a block of ours paid somebody else, with whom it paid', async () => {
    const told = { slot: 11n, proposerPubkey: pubkeyOf(1), recipient: builder, priorityFees: 0n, mev: 0n };
    expect(await read([{ miner: builder, sent: [between] }])).toEqual([{ blockNumber: 1n, ...told }]);
    const nobody = readExecutionRewards(chain([{ miner: builder }]).network(), { ...ours, addresses: new Set() }, 1n, 1n);
    expect(await nobody).toEqual([{ blockNumber: 1n, ...told }]);
  });

  it('are bids that the protocol paid since Gloas, told by their index from withdrawals of validators', async () => {
    const credits: [bigint, number][] = [[2n ** 40n + 7n, 3], [5n, 1_000]]; // prettier-ignore
    expect(await read([{ miner: other, credits, proposer: 2 }])).toMatchObject([{ mev: 3_000_000_000n, priorityFees: 0n }]);
  });

  it('are not believed when the two nodes have different blocks in the slot', async () => {
    const nodes = chain([{ miner: mine, sent: [between] }]);
    nodes.reply('/eth/v2/beacon/blocks/11', { message: { proposer_index: '1', body: { execution_payload: { block_hash: bytes32(9) } } } });
    await expect(readExecutionRewards(nodes.network(), ours, 1n, 1n)).rejects.toMatchObject({ code: 'chain.garbage' });
  });
});
