import { add, ZERO, type Amount } from '#kernel';
import type { ExecutionReward } from '../../observed.js';
import type { ChainBlock } from '../../port.js';
import { agreed } from '../node/agreement.js';
import type { Answer } from '../node/answer.js';
import type { Network } from '../node/network.js';
import { proverOf } from '../proof/prover.js';
import { fetchBlock, readBlock, readBlockRef } from '../reader/block.js';
import { slotOf } from '../staking/slots.js';
import { builderPayments, isBuilderCredit } from './builder-payments.js';
import { indicesOf, isProposedBy, proposerOf } from './proposer.js';

export interface Ours {
  readonly pubkeys: ReadonlySet<string>;
  readonly addresses: ReadonlySet<string>;
}

/** Blocks asked for at once. */
const STRIDE = 8n;

/**
 * What finalised blocks paid our addresses for proposing: the priority fees where the block names one of ours as fee recipient, and what
 * the block's builder paid one of ours by a transaction in it (chains.md §1.7). A payment out of a contract leaves no such transaction
 * and is not seen. Where a block that our keys proposed paid none of ours, and names somebody else as fee recipient, that is told too: no
 * money, and the recipient is theirs. Other blocks that pay ours nothing are left out.
 */
export async function readExecutionRewards(network: Network, ours: Ours, fromBlock: bigint, toBlock: bigint): Promise<ExecutionReward[]> {
  await network.facts();
  const rewards: ExecutionReward[] = [];
  if (ours.addresses.size === 0 && ours.pubkeys.size === 0) return rewards;
  const indices = await indicesOf(network, ours.pubkeys);
  for (let first = fromBlock; first <= toBlock; first += STRIDE) {
    const count = toBlock - first + 1n < STRIDE ? toBlock - first + 1n : STRIDE;
    const numbers = Array.from({ length: Number(count) }, (_, offset) => first + BigInt(offset));
    const found = await Promise.all(
      numbers.map((number) => agreed(network, `what block ${number} paid`, (nodes) => rewardsOfBlock(nodes, ours, indices, number))),
    );
    rewards.push(...found.flat());
  }
  return rewards;
}

async function rewardsOfBlock(network: Network, ours: Ours, indices: ReadonlySet<bigint>, number: bigint): Promise<ExecutionReward[]> {
  const facts = await network.facts();
  const seen = await fetchBlock(network.execution, number);
  const at = slotOf(facts, readBlockRef(seen).time);
  if (!mayPay(seen, ours.addresses) && !(await isProposedBy(network, at, indices))) return [];
  const block = await readBlock(network.execution, number, await proverOf(network));
  const slot = slotOf(facts, block.time);
  const proposerPubkey = await proposerOf(network, slot, block.hash);
  const proposed = proposerPubkey !== null && ours.pubkeys.has(proposerPubkey);
  const paid = [...ours.addresses].flatMap((recipient) => {
    const priorityFees = block.feeRecipient === recipient ? block.priorityFees : ZERO;
    const mev = add(paidByBuilder(block, recipient, ours.addresses, proposed), builderPayments(block, recipient));
    const builder = mev > 0n && !ours.addresses.has(block.feeRecipient) ? { builder: block.feeRecipient } : {};
    return priorityFees + mev === 0n ? [] : [{ blockNumber: number, slot, proposerPubkey, recipient, priorityFees, mev, ...builder }];
  });
  const astray = proposed && paid.length === 0 && !ours.addresses.has(block.feeRecipient);
  return astray ? [{ blockNumber: number, slot, proposerPubkey, recipient: block.feeRecipient, priorityFees: ZERO, mev: ZERO }] : paid;
}

/** Whether the block can pay ours at all, without asking for its receipts. */
function mayPay(block: Answer, addresses: ReadonlySet<string>): boolean {
  const names = (field: Answer): boolean => field.present && addresses.has(field.hex(20));
  const withdrawals = block.field('withdrawals');
  return (
    names(block.field('miner')) ||
    block
      .field('transactions')
      .list()
      .some((transaction) => names(transaction.field('to'))) ||
    (withdrawals.present &&
      withdrawals.list().some((credit) => isBuilderCredit(credit.field('validatorIndex').quantity()) && names(credit.field('address'))))
  );
}

/**
 * A builder takes the fees himself and pays the proposer by a transaction of his own; some pay from another address, and then as the last
 * transaction of the block, which counts only where the proposer is ours. Transfers among our own addresses are no income.
 */
function paidByBuilder(block: ChainBlock, recipient: string, addresses: ReadonlySet<string>, proposed: boolean): Amount {
  const last = block.transfers.at(-1)?.transactionHash;
  return add(
    ZERO,
    ...block.transfers
      .filter(
        ({ from, to, succeeded, transactionHash }) =>
          to === recipient &&
          succeeded &&
          !addresses.has(from) &&
          (from === block.feeRecipient || (proposed && transactionHash === last && !addresses.has(block.feeRecipient))),
      )
      .map(({ value }) => value),
  );
}
