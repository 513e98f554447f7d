import { amount, type Amount } from '#kernel';
import type { SlashingOutlook } from '../../port.js';
import type { Network } from '../node/network.js';
import type { NetworkFacts } from '../node/network-facts.js';
import { readActiveStake } from './active-stake.js';
import { headState, readSlashed, readValidators } from './state.js';

/** What is taken at once (slash_validator): effective balance / 4096. Wei, floors in whole Gwei as the protocol counts. */
export const immediatePenalty = (effectiveBalance: bigint, quotient: bigint): Amount =>
  amount(floorGwei(effectiveBalance / GWEI / quotient));

/**
 * The correlation penalty (process_slashings since Electra): the floor per increment first, then times the increments of the validator.
 * All in wei.
 */
export function correlationPenalty(
  effectiveBalance: bigint,
  slashedBalance: bigint,
  activeBalance: bigint,
  rules: { readonly multiplier: bigint; readonly increment: bigint },
): Amount {
  const [slashed, active, increment] = [slashedBalance / GWEI, activeBalance / GWEI, rules.increment / GWEI];
  const total = active > increment ? active : increment; // get_total_balance never is less
  const adjusted = slashed * rules.multiplier < total ? slashed * rules.multiplier : total;
  const perIncrement = adjusted / (total / increment);
  return amount(floorGwei(perIncrement * (effectiveBalance / GWEI / increment)));
}

/**
 * For each slashed key, at the head. No call tells the sum of slashings, so it is counted from validators slashed within the window, by
 * what counts of them now (a little less than when they were slashed). Once the correlation penalty was taken it is in the balance and
 * zero here.
 */
export async function foreseeSlashing(network: Network, pubkeys: readonly string[]): Promise<SlashingOutlook[]> {
  const facts = await network.facts();
  const state = await headState(network);
  const slashed = (await readValidators(network, state, pubkeys)).filter((record) => record.slashed);
  if (slashed.length === 0) return [];
  const epoch = state.slot / facts.slotsPerEpoch;
  const [everyone, stake] = await Promise.all([readSlashed(network, state), readActiveStake(network, facts, state)]);
  const within = everyone.filter((record) => record.withdrawableEpoch !== null && record.withdrawableEpoch > epoch);
  const sum = within.reduce((total, record) => total + record.effectiveBalance, 0n);
  return slashed.map(({ pubkey, effectiveBalance, withdrawableEpoch }) => {
    const end = withdrawableEpoch ?? 0n;
    const due = correlationEpochOf(facts, end);
    const correlation = correlationPenalty(effectiveBalance, sum, stake.wei, { ...facts.slashing, increment: facts.increment });
    return {
      pubkey,
      immediate: immediatePenalty(effectiveBalance, facts.slashing.quotient),
      correlation: epoch > due ? amount(0n) : correlation,
      correlationEpoch: due,
      withdrawableEpoch: end,
    };
  });
}

/** process_slashings acts where epoch + window / 2 is the withdrawable epoch. */
const correlationEpochOf = (facts: NetworkFacts, withdrawable: bigint): bigint => withdrawable - facts.slashing.window / 2n;

const GWEI = 1_000_000_000n;
const floorGwei = (gwei: bigint): bigint => gwei * GWEI;
