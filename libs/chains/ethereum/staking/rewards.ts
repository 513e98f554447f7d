import { add, delta, Fault, invariant, ZERO } from '#kernel';
import type { Checkpoint, RewardPeriod, ValidatorReward } from '../../port.js';
import type { Network } from '../node/network.js';
import { readValidators, type ValidatorRecord } from './state.js';
import { readPaidOut, type PaidOut } from './withdrawals.js';

/**
 * Exact rewards over (sinceSlot, to.slot]: the balance in the finalised state at `to.slot`, plus what blocks of the period paid out, less
 * the opening balance. A slot's withdrawals are part of the state after it, so the two halves meet without gap or overlap. Coins that
 * a stranger adds to one of the keys count here as reward: the protocol makes no difference. Fault `chain.garbage` when a validator is
 * not in the state; `chain.state_missing` when the node no longer keeps it.
 */
export async function observeRewards(network: Network, periods: readonly RewardPeriod[], to: Checkpoint): Promise<ValidatorReward[]> {
  if (periods.length === 0) return [];
  invariant(
    periods.every((period) => period.sinceSlot <= to.slot),
    'rewards.period_ends_before_it_begins',
    { to: to.slot.toString() },
  );
  await network.facts();
  const state = { slot: to.slot, final: true };
  const records = new Map<string, ValidatorRecord>(
    (
      await readValidators(
        network,
        state,
        periods.map((period) => period.pubkey),
      )
    ).map((record) => [record.pubkey, record]),
  );
  const indices = new Set([...records.values()].map((record) => record.index));
  const since = periods.reduce((earliest, period) => (period.sinceSlot < earliest ? period.sinceSlot : earliest), to.slot);
  const paid = await readPaidOut(network, to.block, since, indices);
  return periods.map((period) => reward(period, records.get(period.pubkey), paid, to));
}

function reward(period: RewardPeriod, record: ValidatorRecord | undefined, paid: readonly PaidOut[], to: Checkpoint): ValidatorReward {
  if (!record) {
    throw new Fault('chain.garbage', 'The finalised state does not know a validator that is on the books.', true, {
      facts: { pubkey: period.pubkey, slot: to.slot.toString() },
    });
  }
  const mine = paid.filter((entry) => entry.validatorIndex === record.index && entry.slot > period.sinceSlot);
  const withdrawn = add(ZERO, ...mine.map((entry) => entry.amount));
  return {
    pubkey: period.pubkey,
    opening: period.opening,
    closing: record.balance,
    withdrawn,
    reward: delta(record.balance + withdrawn - period.opening),
    emptied: record.balance === 0n && record.withdrawableEpoch !== null && record.withdrawableEpoch <= to.epoch,
  };
}
