import { amount, Fault } from '#kernel';
import type { BlockRef, ChainBlock, NativeTransfer, ProtocolCredit } from '../../port.js';
import type { Answer } from '../node/answer.js';
import type { ExecutionNode } from '../node/execution-node.js';
import type { Prover } from '../proof/prover.js';
import { fromGwei } from '../units.js';
import { readGasCost, readReceipts, readSuccess, sumPriorityFees } from './receipts.js';

/** JSON-RPC has no number for "at this height": block numbers go as hex quantities. */
export const quantity = (value: bigint): string => `0x${value.toString(16)}`;

export const readBlockRef = (block: Answer): BlockRef => ({
  number: block.field('number').quantity(),
  hash: block.field('hash').hex(32),
  time: new Date(Number(block.field('timestamp').quantity()) * 1000),
});

/** The block at a height or under a tag; null when the node has none. */
export async function findBlock(execution: ExecutionNode, at: bigint | 'latest' | 'finalized'): Promise<Answer | null> {
  const block = await execution.call('eth_getBlockByNumber', [typeof at === 'bigint' ? quantity(at) : at, false]);
  if (!block.present) return null;
  if (typeof at === 'bigint' && block.field('number').quantity() !== at) throw block.field('number').garbage(`block number ${at}`);
  return block;
}

/** The same, where the block must be there. Fault `chain.syncing`: the node does not have it (yet). */
export async function requireBlock(execution: ExecutionNode, at: bigint | 'latest' | 'finalized'): Promise<Answer> {
  const block = await findBlock(execution, at);
  if (!block) throw new Fault('chain.syncing', `The execution node has no block ${at}.`, true, { facts: { block: at.toString() } });
  return block;
}

/** Withdrawals the protocol paid in this block (EIP-4895), in wei. */
export function readCredits(block: Answer): ProtocolCredit[] {
  const withdrawals = block.field('withdrawals');
  if (!withdrawals.present) return []; // before Shanghai
  return withdrawals.list().map((credit) => ({
    index: credit.field('index').quantity(),
    validatorIndex: credit.field('validatorIndex').quantity(),
    address: credit.field('address').hex(20),
    amount: fromGwei(credit.field('amount').quantity()),
  }));
}

/** The block at a height with its whole transactions. */
export async function fetchBlock(execution: ExecutionNode, number: bigint): Promise<Answer> {
  const block = await execution.call('eth_getBlockByNumber', [quantity(number), true]);
  if (!block.present) {
    throw new Fault('chain.syncing', `The execution node has no block ${number}.`, true, { facts: { block: number.toString() } });
  }
  if (block.field('number').quantity() !== number) throw block.field('number').garbage(`block number ${number}`);
  return block;
}

/**
 * A block with its transactions and their receipts, taken by hash so that both halves are of the same fork. Only transactions of the
 * block are seen: coins that a contract forwards from within a transaction leave no receipt of their own.
 */
export async function readBlock(execution: ExecutionNode, number: bigint, prover?: Prover): Promise<ChainBlock> {
  const block = await fetchBlock(execution, number);
  const ref = readBlockRef(block);
  const transactions = block.field('transactions').list();
  const receipts = await readReceipts(execution, block, ref);
  prover?.whole(block, receipts);
  return {
    ...ref,
    parentHash: block.field('parentHash').hex(32),
    feeRecipient: block.field('miner').hex(20),
    priorityFees: sumPriorityFees(block, receipts),
    transfers: transactions.map((transaction, index) => readTransfer(transaction, receipts[index])),
    credits: readCredits(block),
  };
}

function readTransfer(transaction: Answer, receipt: Answer | undefined): NativeTransfer {
  if (!receipt) throw transaction.garbage('a transaction with a receipt');
  const to = transaction.field('to');
  return {
    transactionHash: transaction.field('hash').hex(32),
    from: transaction.field('from').hex(20),
    to: to.present ? to.hex(20) : null,
    value: amount(transaction.field('value').quantity()),
    nonce: transaction.field('nonce').quantity(),
    gasCost: readGasCost(receipt),
    succeeded: readSuccess(receipt),
  };
}
