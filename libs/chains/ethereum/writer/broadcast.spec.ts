import { amount } from '#kernel';
import { bytes32, FakeNodes, hexOf } from '../node/fake-nodes.spec-support.js';
import { RpcRefusal } from '../node/execution-node.js';
import { broadcast } from './broadcast.js';
import { buildTransaction } from './build.js';
import { quoteFee } from './quote-fee.js';
import { signTransaction } from './sign.js';
import { readStatus } from './status.js';

const plan = { from: `0x${'11'.repeat(20)}`, to: `0x${'22'.repeat(20)}`, value: amount(1n), data: '0x' };
const made = signTransaction(
  buildTransaction(31_337n, plan, 0n, { gasLimit: 21_000n, maxFeePerGas: 2n, maxPriorityFeePerGas: 1n, worstCost: amount(42_000n) }),
  new Uint8Array(32).fill(1),
);
if (!made.ok) throw new Error(made.refusal.detail);
const { signed, hash } = made.value;

function refusing(words: string): FakeNodes {
  const nodes = new FakeNodes();
  nodes.method('eth_sendRawTransaction', () => {
    throw new RpcRefusal('eth_sendRawTransaction', -32_000, words);
  });
  nodes.method('eth_getTransactionReceipt', () => null);
  nodes.method('eth_getTransactionByHash', () => null);
  return nodes;
}

describe('sending', () => {
  it('answers the hash', async () => {
    const nodes = new FakeNodes();
    nodes.method('eth_sendRawTransaction', () => hash);
    expect(await broadcast(nodes.execution, signed)).toEqual({ ok: true, value: hash });
  });

  it('does not believe another hash', async () => {
    const nodes = new FakeNodes();
    nodes.method('eth_sendRawTransaction', () => bytes32(1));
    await expect(broadcast(nodes.execution, signed)).rejects.toMatchObject({ code: 'chain.garbage' });
  });

  // the words of geth, nethermind, besu, erigon, reth and anvil
  it.each([
    'already known',
    'AlreadyKnown',
    'Known transaction',
    'transaction already imported',
    'ALREADY_EXISTS: already known',
    'already in mempool',
  ])('again is sent: %s', async (words) => {
    expect(await broadcast(refusing(words).execution, signed)).toEqual({ ok: true, value: hash });
  });

  it.each([
    ['nonce too low: next nonce 5, tx nonce 0', 'transaction.nonce_used'],
    ['OldNonce, Current nonce: 5', 'transaction.nonce_used'],
    ['replacement transaction underpriced', 'transaction.underpriced'],
    ['transaction underpriced: tip needed 1', 'transaction.underpriced'],
    ['max fee per gas less than block base fee', 'transaction.underpriced'],
    ['FeeTooLow, MaxFeePerGas too low', 'transaction.underpriced'],
    ['insufficient funds for gas * price + value: address', 'transaction.insufficient_funds'],
    ['Insufficient funds for gas * price + value', 'transaction.insufficient_funds'],
    ['InsufficientFunds, Account balance: 0', 'transaction.insufficient_funds'],
  ])('that is refused with "%s" is %s', async (words, code) => {
    expect(await broadcast(refusing(words).execution, signed)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('is done when the nonce was used by this very transaction', async () => {
    const nodes = refusing('nonce too low');
    nodes.method('eth_getTransactionReceipt', () => ({
      blockNumber: '0x5',
      blockHash: bytes32(5),
      status: '0x1',
      gasUsed: '0x5208',
      effectiveGasPrice: '0x2',
    }));
    nodes.method('eth_getBlockByNumber', () => ({ number: '0x5', hash: bytes32(5), timestamp: '0x10' }));
    expect(await broadcast(nodes.execution, signed)).toEqual({ ok: true, value: hash });
  });

  it('refused in words not understood is unknown, not failed', async () => {
    await expect(broadcast(refusing('the moon is wrong').execution, signed)).rejects.toMatchObject({
      name: 'Fault',
      code: 'chain.broadcast_refused',
      retryable: true,
    });
  });
});

describe('the status of a transaction', () => {
  const receipt = { blockNumber: '0x5', blockHash: bytes32(5), status: '0x0', gasUsed: '0x5208', effectiveGasPrice: '0x2' };
  const nodes = new FakeNodes();

  it('is unknown, pending or included with its cost', async () => {
    nodes.method('eth_getTransactionReceipt', () => null);
    nodes.method('eth_getTransactionByHash', () => null);
    expect(await readStatus(nodes.execution, hash)).toEqual({ state: 'unknown' });
    nodes.method('eth_getTransactionByHash', () => ({ hash }));
    expect(await readStatus(nodes.execution, hash)).toEqual({ state: 'pending' });
    nodes.method('eth_getTransactionReceipt', () => receipt);
    nodes.method('eth_getBlockByNumber', () => ({ number: '0x5', hash: bytes32(5), timestamp: '0x10' }));
    expect(await readStatus(nodes.execution, hash)).toEqual({
      state: 'included',
      block: { number: 5n, hash: bytes32(5), time: new Date(16_000) },
      succeeded: false,
      gasCost: 42_000n,
    });
  });

  it('is pending again when its block was replaced meanwhile', async () => {
    nodes.method('eth_getTransactionReceipt', () => receipt);
    nodes.method('eth_getBlockByNumber', () => ({ number: '0x5', hash: bytes32(6), timestamp: '0x10' }));
    expect(await readStatus(nodes.execution, hash)).toEqual({ state: 'pending' });
  });
});

describe('the price of a transaction', () => {
  const arranged = (gas: number): FakeNodes => {
    const nodes = new FakeNodes();
    nodes.method('eth_getBlockByNumber', () => ({ number: '0x5', hash: bytes32(5), timestamp: '0x10', baseFeePerGas: hexOf(100) }));
    nodes.method('eth_maxPriorityFeePerGas', () => hexOf(3));
    nodes.method('eth_estimateGas', () => hexOf(gas));
    return nodes;
  };

  it('of a transfer is exact in gas, with room for the base fee', async () => {
    expect(await quoteFee(arranged(21_000).execution, plan)).toEqual({
      gasLimit: 21_000n,
      maxFeePerGas: 203n,
      maxPriorityFeePerGas: 3n,
      worstCost: 4_263_000n,
    });
  });

  it('of a call has a fifth more gas', async () => {
    expect(await quoteFee(arranged(100_001).execution, { ...plan, data: '0x00' })).toMatchObject({ gasLimit: 120_002n });
  });

  it('is not raised without end by what a node suggests', async () => {
    const nodes = arranged(21_000);
    nodes.method('eth_maxPriorityFeePerGas', () => hexOf(10n ** 18n));
    expect(await quoteFee(nodes.execution, plan)).toMatchObject({ maxPriorityFeePerGas: 50_000_000_000n });
  });

  it('is not given for what the chain would refuse', async () => {
    const nodes = arranged(0);
    nodes.method('eth_estimateGas', () => {
      throw new RpcRefusal('eth_estimateGas', 3, 'execution reverted');
    });
    await expect(quoteFee(nodes.execution, plan)).rejects.toMatchObject({ code: 'chain.execution_reverts', retryable: false });
  });
});
