import { amount, Fault, type Amount } from '#kernel';
import type { BlockRef, ChainBlock, NativeTransfer, ProtocolCredit } from '../../port.js';
import type { Answer } from '../node/answer.js';
import type { ExecutionNode } from '../node/execution-node.js';
import { fromGwei } from '../units.js';

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

/**
 * A block with its transactions and their receipts, taken by hash so that both halves are of the same fork. Only transactions of the
 * block are seen: coins that a contract forwards from within a transaction leave no receipt of their own.
 */
export async function readBlock(execution: ExecutionNode, number: bigint): Promise<ChainBlock> {
  const block = await execution.call('eth_getBlockByNumber', [quantity(number), true]);
  if (!block.present)
    throw new Fault('chain.syncing', `The execution node has no block ${number}.`, true, { facts: { block: number.toString() } });
  const ref = readBlockRef(block);
  if (ref.number !== number) throw block.field('number').garbage(`block number ${number}`);
  const transactions = block.field('transactions').list();
  const receipts = transactions.length === 0 ? new Map<string, Answer>() : await readReceipts(execution, ref.hash, transactions.length);
  return {
    ...ref,
    parentHash: block.field('parentHash').hex(32),
    transfers: transactions.map((transaction) => readTransfer(transaction, receipts)),
    credits: readCredits(block),
  };
}

async function readReceipts(execution: ExecutionNode, blockHash: string, count: number): Promise<Map<string, Answer>> {
  const answer = await execution.call('eth_getBlockReceipts', [blockHash]);
  const receipts = answer.present ? answer.list() : [];
  const found = new Map<string, Answer>();
  for (const receipt of receipts) {
    if (receipt.field('blockHash').hex(32) !== blockHash) throw receipt.field('blockHash').garbage(`the block ${blockHash}`);
    found.set(receipt.field('transactionHash').hex(32), receipt);
  }
  if (found.size !== count) throw answer.garbage(`${count} receipts`);
  return found;
}

function readTransfer(transaction: Answer, receipts: ReadonlyMap<string, Answer>): NativeTransfer {
  const transactionHash = transaction.field('hash').hex(32);
  const receipt = receipts.get(transactionHash);
  if (!receipt) throw transaction.field('hash').garbage('a transaction with a receipt');
  const to = transaction.field('to');
  return {
    transactionHash,
    from: transaction.field('from').hex(20),
    to: to.present ? to.hex(20) : null,
    value: amount(transaction.field('value').quantity()),
    nonce: transaction.field('nonce').quantity(),
    gasCost: readGasCost(receipt),
    succeeded: readSuccess(receipt),
  };
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
