import { amount, type Amount } from '#kernel';
import type { BlockRef } from '../../port.js';
import type { Answer } from '../node/answer.js';
import type { ExecutionNode } from '../node/execution-node.js';

/**
 * The receipts of a block with its transactions, in their order, each proved to be of its transaction and the numbers that must add up
 * along a block added up: gas from zero to the block's, logs without a gap.
 */
export async function readReceipts(execution: ExecutionNode, block: Answer, ref: BlockRef): Promise<Answer[]> {
  const transactions = block.field('transactions').list();
  if (transactions.length === 0) return [];
  const answer = await execution.call('eth_getBlockReceipts', [ref.hash]);
  const receipts = answer.present ? answer.list() : [];
  if (receipts.length !== transactions.length) throw answer.garbage(`${transactions.length} receipts`);
  let gas = 0n;
  let logs = 0n;
  for (const [index, receipt] of receipts.entries()) {
    const transaction = transactions[index];
    if (!transaction) throw answer.garbage('a receipt a transaction');
    belongs(receipt, transaction, ref, BigInt(index));
    gas += receipt.field('gasUsed').quantity();
    if (receipt.field('cumulativeGasUsed').quantity() !== gas) throw receipt.field('cumulativeGasUsed').garbage(`a sum of ${gas}`);
    for (const log of receipt.field('logs').list()) {
      if (log.field('logIndex').quantity() !== logs) throw log.field('logIndex').garbage(`log ${logs} of the block`);
      logs += 1n;
    }
  }
  if (block.field('gasUsed').quantity() !== gas) throw block.field('gasUsed').garbage(`the ${gas} of its receipts`);
  return receipts;
}

function belongs(receipt: Answer, transaction: Answer, ref: BlockRef, index: bigint): void {
  const expect = (name: string, value: string): void => {
    if (receipt.field(name).hex() !== value) throw receipt.field(name).garbage(value);
  };
  expect('blockHash', ref.hash);
  expect('transactionHash', transaction.field('hash').hex(32));
  expect('from', transaction.field('from').hex(20));
  if (receipt.field('transactionIndex').quantity() !== index) throw receipt.field('transactionIndex').garbage(`transaction ${index}`);
  const { to, mine } = { to: receipt.field('to'), mine: transaction.field('to') };
  if (to.present !== mine.present || (mine.present && to.hex(20) !== mine.hex(20))) throw to.garbage('the receiver of its transaction');
}

/** Σ (effective gas price − base fee) × gas used, wei: what the block's fee recipient earned without any transaction. */
export function sumPriorityFees(block: Answer, receipts: readonly Answer[]): Amount {
  const base = block.field('baseFeePerGas').present ? block.field('baseFeePerGas').quantity() : 0n;
  let sum = 0n;
  for (const receipt of receipts) {
    const price = receipt.field('effectiveGasPrice').quantity();
    if (price < base) throw receipt.field('effectiveGasPrice').garbage(`a price of ${base} at least`);
    sum += (price - base) * receipt.field('gasUsed').quantity();
  }
  return amount(sum);
}

/** Execution and, for a blob transaction, its blobs. */
export function readGasCost(receipt: Answer): Amount {
  const execution = receipt.field('gasUsed').quantity() * receipt.field('effectiveGasPrice').quantity();
  const blobs = receipt.field('blobGasUsed');
  const blobPrice = receipt.field('blobGasPrice');
  return amount(execution + (blobs.present && blobPrice.present ? blobs.quantity() * blobPrice.quantity() : 0n));
}

export function readSuccess(receipt: Answer): boolean {
  const status = receipt.field('status').quantity();
  if (status > 1n) throw receipt.field('status').garbage('0x0 or 0x1');
  return status === 1n;
}
