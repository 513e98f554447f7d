import { amount } from '#kernel';
import { bytes32, FakeNodes } from '../node/fake-nodes.spec-support.js';
import { RpcRefusal } from '../node/execution-node.js';
import { broadcast } from './broadcast.js';
import { buildTransaction } from './build.js';
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
  nodes.method('eth_getTransactionCount', () => '0x5');
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

  it.each([
    'already known',
    'AlreadyKnown',
    'Known transaction',
    'transaction already imported',
    'ALREADY_EXISTS: already known',
    'already in mempool',
    'INTERNAL_ERROR: existing tx with same hash',
    'TRANSACTION_ALREADY_KNOWN',
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
    ['Upfront cost exceeds account balance', 'transaction.insufficient_funds'],
    ['NONCE_TOO_LOW', 'transaction.nonce_used'],
    ['ReplacementNotAllowed', 'transaction.underpriced'],
    ['REPLACEMENT_TRANSACTION_UNDERPRICED', 'transaction.underpriced'],
    ['could not replace existing tx', 'transaction.underpriced'],
    ['Gas price below configured minimum gas price', 'transaction.underpriced'],
    ['FeeTooLowToCompete', 'transaction.underpriced'],
  ])('that is refused with "%s" is %s', async (words, code) => {
    expect(await broadcast(refusing(words).execution, signed)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('is done when the nonce was used by this very transaction', async () => {
    const nodes = refusing('nonce too low');
    nodes.method('eth_getTransactionReceipt', () => ({
      transactionHash: hash,
      blockNumber: '0x5',
      blockHash: bytes32(5),
      status: '0x1',
      gasUsed: '0x5208',
      effectiveGasPrice: '0x2',
    }));
    nodes.method('eth_getBlockByNumber', () => ({ number: '0x5', hash: bytes32(5), timestamp: '0x10' }));
    expect(await broadcast(nodes.execution, signed)).toEqual({ ok: true, value: hash });
  });

  it('is not believed of a used nonce when the account has not used it', async () => {
    const nodes = refusing('nonce too low');
    nodes.method('eth_getTransactionCount', () => '0x0');
    await expect(broadcast(nodes.execution, signed)).rejects.toMatchObject({ code: 'chain.broadcast_refused' });
  });

  it.each(['nonce too high', 'NonceGap', 'invalid nonce', 'SenderIsContract', 'GasLimitExceeded'])(
    'refused with "%s" is unknown',
    async (words) => {
      await expect(broadcast(refusing(words).execution, signed)).rejects.toMatchObject({ code: 'chain.broadcast_refused' });
    },
  );

  it('refused in words not understood is unknown, not failed', async () => {
    await expect(broadcast(refusing('the moon is wrong').execution, signed)).rejects.toMatchObject({
      name: 'Fault',
      code: 'chain.broadcast_refused',
      retryable: true,
    });
  });
});

describe('the status of a transaction', () => {
  const receipt = {
    transactionHash: hash,
    blockNumber: '0x5',
    blockHash: bytes32(5),
    status: '0x0',
    gasUsed: '0x5208',
    effectiveGasPrice: '0x2',
  };
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

  it('is not taken from the receipt of another transaction', async () => {
    nodes.method('eth_getTransactionReceipt', () => ({ ...receipt, transactionHash: bytes32(9) }));
    await expect(readStatus(nodes.execution, hash)).rejects.toMatchObject({ code: 'chain.garbage' });
  });

  it('is pending again when its block was replaced meanwhile', async () => {
    nodes.method('eth_getTransactionReceipt', () => receipt);
    nodes.method('eth_getBlockByNumber', () => ({ number: '0x5', hash: bytes32(6), timestamp: '0x10' }));
    expect(await readStatus(nodes.execution, hash)).toEqual({ state: 'pending' });
  });
});
