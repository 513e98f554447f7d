import { add, amount, delta, Fault, invariant, ZERO, type Amount } from '#kernel';
import type { Checkpoint, RewardPeriod, ValidatorReward } from '../../port.js';
import { agreed } from '../node/agreement.js';
import type { Network } from '../node/network.js';
import { readAppliedDeposits } from './applied-deposits.js';
import { readConsolidations, type Moved } from './consolidations.js';
import { walkBack, type PaidOut } from './paid-out.js';
import { isRequeued, readPendingDeposits, type PendingDeposit } from './queues.js';
import { readValidators, type ValidatorRecord } from './state.js';

/** All that moved a validator's balance in its period but rewards and penalties. */
interface Evidence {
  readonly record: ValidatorRecord | undefined;
  readonly paid: readonly PaidOut[];
  readonly deposited: readonly Amount[];
  readonly moved: readonly Moved[];
  /** Deposits that wait for the key at the end. */
  readonly waiting: readonly PendingDeposit[];
}

/**
 * Exact rewards over (sinceSlot, to.slot]: the balance in the finalised state at `to.slot`, plus what blocks of the period paid out, less
 * the opening balance, less deposits and consolidations that took effect. A slot's withdrawals are part of the state after it, deposits
 * and consolidations of an epoch boundary part of the state at its first slot, so periods meet without gap or overlap. Faults:
 * `chain.garbage` when a validator is not in the state or the queues do not add up; `chain.state_missing` when the node no longer keeps a
 * state of the period; `chain.fork_unsupported` since Gloas, where payments leave the balance before they are in a block.
 */
export async function observeRewards(network: Network, periods: readonly RewardPeriod[], to: Checkpoint): Promise<ValidatorReward[]> {
  if (periods.length === 0) return [];
  invariant(
    periods.every((period) => period.sinceSlot <= to.slot),
    'rewards.period_ends_before_it_begins',
    { to: to.slot.toString() },
  );
  refuseUnknownForks((await network.facts()).forks.at(to.epoch));
  const end = { slot: to.slot, final: true };
  const keys = periods.map((period) => period.pubkey);
  const [found, queue] = await Promise.all([readValidators(network, end, keys), readPendingDeposits(network, end)]);
  const records = new Map<string, ValidatorRecord>(found.map((record) => [record.pubkey, record]));
  const indices = new Set(found.map((record) => record.index));
  const earliest = periods.reduce((first, period) => (period.sinceSlot < first ? period.sinceSlot : first), to.slot);
  const walk = await agreed(network, `payments up to block ${to.block.number}`, (nodes) => walkBack(nodes, to.block, earliest, indices));
  const moved = await readConsolidations(network, earliest, to.slot, indices);
  const rewards = new Map<RewardPeriod, ValidatorReward>();
  for (const [sinceSlot, group] of bySince(periods)) {
    const since = { slot: sinceSlot, final: true };
    const pubkeys = new Set(group.map((period) => period.pubkey));
    const applied = sinceSlot === to.slot ? new Map<string, Amount[]>() : await readAppliedDeposits(network, since, end, walk, pubkeys);
    for (const period of group) {
      const waiting = queue.filter((deposit) => deposit.pubkey === period.pubkey);
      const deposited = applied.get(period.pubkey) ?? [];
      rewards.set(period, reward(period, { record: records.get(period.pubkey), paid: walk.paid, deposited, moved, waiting }, to));
    }
  }
  return periods.flatMap((period) => rewards.get(period) ?? []);
}

function reward(period: RewardPeriod, evidence: Evidence, to: Checkpoint): ValidatorReward {
  const { record, waiting } = evidence;
  if (!record) {
    throw new Fault('chain.garbage', 'The finalised state does not know a validator that is on the books.', true, {
      facts: { pubkey: period.pubkey, slot: to.slot.toString() },
    });
  }
  const inPeriod = ({ slot }: { readonly slot: bigint }): boolean => slot > period.sinceSlot;
  const paid = evidence.paid.filter((entry) => entry.validatorIndex === record.index && inPeriod(entry));
  const moved = evidence.moved.filter(inPeriod);
  const withdrawn = sum(paid);
  const deposited = add(ZERO, ...evidence.deposited);
  const consolidatedIn = sum(moved.filter((entry) => entry.targetIndex === record.index));
  const consolidatedOut = sum(moved.filter((entry) => entry.sourceIndex === record.index));
  const closing = amount(record.balance + sum(waiting.filter(isRequeued)));
  const left = record.withdrawableEpoch !== null && record.withdrawableEpoch <= to.epoch;
  return {
    pubkey: period.pubkey,
    opening: period.opening,
    closing,
    withdrawn,
    deposited,
    consolidatedIn,
    consolidatedOut,
    reward: delta(closing + withdrawn + consolidatedOut - period.opening - deposited - consolidatedIn),
    emptied: closing === 0n && left && waiting.length === 0,
  };
}

function bySince(periods: readonly RewardPeriod[]): Map<bigint, RewardPeriod[]> {
  const groups = new Map<bigint, RewardPeriod[]>();
  for (const period of periods) groups.set(period.sinceSlot, [...(groups.get(period.sinceSlot) ?? []), period]);
  return groups;
}

const sum = (entries: readonly { readonly amount: Amount }[]): Amount => add(ZERO, ...entries.map((entry) => entry.amount));

function refuseUnknownForks(fork: string | null): void {
  if (fork !== null && fork !== 'gloas') return;
  throw new Fault('chain.fork_unsupported', 'Rewards under the rules of this fork are not known: nothing is reported.', false, {
    facts: { fork: fork ?? 'unknown' },
  });
}
