import { add, ZERO, type Amount } from '#kernel';
import type { ChainBlock, ExecutionReward } from '../../port.js';
import { agreed } from '../node/agreement.js';
import type { Answer } from '../node/answer.js';
import type { Network } from '../node/network.js';
import { proverOf } from '../proof/prover.js';
import { fetchBlock, readBlock } from '../reader/block.js';
import { slotOf } from '../staking/slots.js';
import { builderPayments, isBuilderCredit } from './builder-payments.js';
import { proposerOf } from './proposer.js';

export interface Ours {
  readonly pubkeys: ReadonlySet<string>;
  readonly addresses: ReadonlySet<string>;
}

/** Blocks asked for at once. */
const STRIDE = 8n;

/**
 * What finalised blocks paid our addresses for proposing: the priority fees where the block names one of ours as fee recipient, and what
 * the block's builder paid one of ours by a transaction in it (chains.md §1.7). A payment out of a contract leaves no such transaction
 * and is not seen. Blocks that pay ours nothing are left out, whoever proposed them.
 */
export async function readExecutionRewards(network: Network, ours: Ours, fromBlock: bigint, toBlock: bigint): Promise<ExecutionReward[]> {
  await network.facts();
  const rewards: ExecutionReward[] = [];
  if (ours.addresses.size === 0) return rewards;
  for (let first = fromBlock; first <= toBlock; first += STRIDE) {
    const count = toBlock - first + 1n < STRIDE ? toBlock - first + 1n : STRIDE;
    const numbers = Array.from({ length: Number(count) }, (_, offset) => first + BigInt(offset));
    const found = await Promise.all(
      numbers.map((number) => agreed(network, `what block ${number} paid`, (nodes) => rewardsOfBlock(nodes, ours, number))),
    );
    rewards.push(...found.flat());
  }
  return rewards;
}

async function rewardsOfBlock(network: Network, ours: Ours, number: bigint): Promise<ExecutionReward[]> {
  if (!mayPay(await fetchBlock(network.execution, number), ours.addresses)) return [];
  const block = await readBlock(network.execution, number, await proverOf(network));
  const slot = slotOf(await network.facts(), block.time);
  const proposerPubkey = await proposerOf(network, slot, block.hash);
  const proposed = proposerPubkey !== null && ours.pubkeys.has(proposerPubkey);
  return [...ours.addresses].flatMap((recipient) => {
    const priorityFees = block.feeRecipient === recipient ? block.priorityFees : ZERO;
    const mev = add(paidByBuilder(block, recipient, ours.addresses, proposed), builderPayments(block, recipient));
    return priorityFees + mev === 0n ? [] : [{ blockNumber: number, slot, proposerPubkey, recipient, priorityFees, mev }];
  });
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
