import { keccak256, type Hex } from 'viem';
import type { Answer } from '../node/answer.js';
import { encodeHeader, encodeReceipt, encodeTransaction, encodeWithdrawal } from './encode.js';
import { trieRoot } from './trie-root.js';

/**
 * Proves what a block is said to contain by its own hash: the header hashes to it, and transactions, receipts and withdrawals have the
 * roots that the header names. A node cannot add, drop or change a payment without another hash, and the hash of a final block is what
 * the beacon chain finalised. `chain.garbage` where something does not fit. Not recomputed: who sent a
 * transaction (its signature says so, at a millisecond each).
 */
export function proveBlock(block: Answer, receipts: readonly Answer[]): void {
  proveHeader(block);
  proveTransactions(block);
  proveReceipts(block, receipts);
}

/** Header and withdrawals: all that a walk for payments of the protocol needs. */
export function proveHeader(block: Answer): void {
  expectRoot(block, 'hash', keccak256(encodeHeader(block)));
  expectRoot(block, 'withdrawalsRoot', trieRoot(block.field('withdrawals').list().map(encodeWithdrawal)));
}

export const proveTransactions = (block: Answer): void =>
  expectRoot(block, 'transactionsRoot', trieRoot(block.field('transactions').list().map(encodeTransaction)));

export function proveReceipts(block: Answer, receipts: readonly Answer[]): void {
  expectRoot(block, 'receiptsRoot', trieRoot(receipts.map(encodeReceipt)));
  const base = block.field('baseFeePerGas').quantity();
  for (const [index, transaction] of block.field('transactions').list().entries()) {
    const price = receipts[index]?.field('effectiveGasPrice');
    if (price && price.quantity() !== priceOf(transaction, base)) throw price.garbage('the price that its transaction offers');
  }
}

/** EIP-1559: what is offered, or the base fee and the tip where that is less. Receipts say it, but their root does not count it. */
function priceOf(transaction: Answer, base: bigint): bigint {
  const most = transaction.field('maxFeePerGas');
  if (!most.present) return transaction.field('gasPrice').quantity();
  const withTip = base + transaction.field('maxPriorityFeePerGas').quantity();
  return withTip < most.quantity() ? withTip : most.quantity();
}

function expectRoot(block: Answer, name: string, found: Hex): void {
  if (block.field(name).hex(32) !== found) throw block.field(name).garbage(`the ${found} of what was sent along`);
}
