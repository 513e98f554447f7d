import { amount, basisPoints, invariant, share, shares, subtract, type Amount, type Shares } from '#kernel';
import { STANDARD } from '../fees/fee-schedule.js';
import { carry, INDEX_SCALE, newHolder, settle, type Holder } from '../settlement/holder.js';
import type { Pool } from './pool.js';

/** The holders of one tier of a pool. Its index never falls. */
export interface Tier {
  readonly tier: string;
  /** Of its holders, those that earn. */
  readonly shares: Shares;
  /** I: reward a share, scaled by 10^27. */
  readonly rewardIndex: bigint;
  /** What the index could not express of the rewards so far, in 10^-27 units. */
  readonly indexRemainder: bigint;
}

/** By tier, the commission in force, basis points. A tier that is not named pays the standard one. */
export type Fees = ReadonlyMap<string, number>;

/** What a tier pays: never more than the standard one, whatever was once set for it. */
export function feeFor(fees: Fees, tier: string): number {
  const standard = fees.get(STANDARD);
  invariant(standard !== undefined, 'fee.no_standard', {});
  return Math.min(fees.get(tier) ?? standard, standard);
}

type Tiered = Pick<Pool, 'tiers'>;
export const tierIn = (pool: Tiered, name: string): Tier =>
  pool.tiers.find(({ tier }) => tier === name) ?? { tier: name, shares: shares(0n), rewardIndex: 0n, indexRemainder: 0n };
export const indexIn = (pool: Tiered, name: string): bigint => tierIn(pool, name).rewardIndex;
export const indexesOf = (pool: Tiered): ReadonlyMap<string, bigint> => new Map(pool.tiers.map((t) => [t.tier, t.rewardIndex]));

/** By name: who gets an odd unit is then a matter of the tiers alone. */
export const inOrder = <T extends { readonly tier: string }>(tiers: readonly T[]): T[] =>
  [...tiers].sort((a, b) => (a.tier < b.tier ? -1 : 1));

function withTier<P extends Tiered>(pool: P, tier: Tier): P {
  return { ...pool, tiers: inOrder([...pool.tiers.filter((t) => t.tier !== tier.tier), tier]) };
}

/** Changes the earning shares of a tier. Who calls it has settled their holders. */
export function addToTier<P extends Tiered>(pool: P, name: string, change: bigint): P {
  const tier = tierIn(pool, name);
  return withTier(pool, { ...tier, shares: shares(tier.shares + change) });
}

/** Publishes a reward to one tier: O(1), whatever the number of its holders. What the index cannot express is carried to the unit. */
function raise<P extends Tiered>(pool: P, name: string, reward: Amount): P {
  if (reward === 0n) return pool;
  const tier = tierIn(pool, name);
  invariant(tier.shares > 0n, 'tier.reward_without_shares', { tier: name });
  const scaled = reward * INDEX_SCALE + tier.indexRemainder;
  return withTier(pool, { ...tier, rewardIndex: tier.rewardIndex + scaled / tier.shares, indexRemainder: scaled % tier.shares });
}

/** To the tiers by their earning shares; the parts sum to the reward. */
export function raiseAll<P extends Tiered>(pool: P, reward: Amount): P {
  return partsByTier(pool, reward).reduce((raised, { tier, part }) => raise(raised, tier, part), pool);
}

function partsByTier({ tiers }: Tiered, total: Amount): { readonly tier: string; readonly part: Amount }[] {
  if (total === 0n || tiers.every((tier) => tier.shares === 0n)) return [];
  const parts = share(
    total,
    tiers.map((tier) => tier.shares),
  );
  return tiers.map(({ tier }, i) => ({ tier, part: parts[i] ?? amount(0n) }));
}

export interface Charged<P> {
  readonly pool: P;
  /** Of what was earned: for the house. */
  readonly commission: Amount;
  /** For the holders by their index. */
  readonly indexed: Amount;
  /** For the holders in A. */
  readonly compounded: Amount;
}

/** payout: each tier gets its part by shares, pays its own commission, and its index rises by the rest. */
export function chargePayout<P extends Tiered>(pool: P, earned: Amount, fees: Fees): Charged<P> {
  let [raised, commission] = [pool, 0n];
  for (const { tier, part } of partsByTier(pool, earned)) {
    const fee = basisPoints(part, feeFor(fees, tier), 'floor');
    raised = raise(raised, tier, subtract(part, fee));
    commission += fee;
  }
  return { pool: raised, commission: amount(commission), indexed: amount(earned - commission), compounded: amount(0n) };
}

/**
 * compound: the standard commission leaves out of what raises A, for all alike; what a tier pays less is given back to it by its index alone.
 * Its part is by all shares of the pool, as what it bore was.
 */
export function chargeCompound<P extends Tiered & Pick<Pool, 'shares'>>(pool: P, earned: Amount, fees: Fees): Charged<P> {
  const standard = feeFor(fees, STANDARD);
  const fee = basisPoints(earned, standard, 'floor');
  let [raised, rebates] = [pool, 0n];
  for (const { tier, shares: held } of pool.tiers) {
    const part = pool.shares === 0n ? amount(0n) : amount((earned * held) / pool.shares);
    const rebate = basisPoints(part, standard - feeFor(fees, tier), 'floor');
    raised = raise(raised, tier, rebate);
    rebates += rebate;
  }
  return { pool: raised, commission: amount(fee - rebates), indexed: amount(rebates), compounded: subtract(earned, fee) };
}

export interface Changed<P> {
  readonly pool: P;
  readonly holder: Holder;
  /** payout: settled now. compound: nothing; it stays with the holder until rebates are paid. */
  readonly paid: Amount;
}

/** Brings a holder up to the index of its tier. */
export function bringUp(pool: Pick<Pool, 'mode' | 'tiers'>, holder: Holder): { readonly holder: Holder; readonly paid: Amount } {
  const index = indexIn(pool, holder.tier);
  return pool.mode === 'payout' ? settle(holder, index) : { holder: carry(holder, index), paid: amount(0n) };
}

/** Settles, then changes the earning shares of a holder and of its tier: the only order in which a change of shares is fair. */
export function changeHolding<P extends Pick<Pool, 'mode' | 'tiers'>>(pool: P, before: Holder, change: bigint): Changed<P> {
  const { holder, paid } = bringUp(pool, before);
  return { pool: addToTier(pool, holder.tier, change), holder: { ...holder, shares: shares(holder.shares + change) }, paid };
}

/** Moves a holder to another tier: settled up to here in the old, from here on in the new. */
export function changeTier<P extends Pick<Pool, 'mode' | 'tiers'>>(pool: P, before: Holder, tier: string): Changed<P> {
  const { holder, paid } = bringUp(pool, before);
  const moved = addToTier(addToTier(pool, holder.tier, 0n - holder.shares), tier, holder.shares);
  return { pool: moved, holder: { ...holder, tier, indexPaid: indexIn(moved, tier) }, paid };
}

/** A client that has held nothing yet. */
export const freshHolder = (pool: Tiered, clientId: string, tier: string): Holder => newHolder(clientId, tier, indexIn(pool, tier));
