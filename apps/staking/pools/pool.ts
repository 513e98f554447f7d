import { amount, invariant, larger, mulDiv, shares, type Amount, type Shares } from '#kernel';
import type { Tier } from './tiers.js';

/** Shares have 18 decimals, whatever those of the asset: one of the asset is 10^18 of them at first. */
export const SHARE_DECIMALS = 18;
/**
 * Below this many shares, a thousandth of one asset at first, a pool carries rewards forward: too few to price anything by. And it mints as at
 * first, unless its shares are worth more: those who are left keep what they have.
 */
export const MINIMUM_SHARES = shares(10n ** 15n);

/** payout: rewards raise an index and are paid on a schedule · compound: rewards raise A, and so what a share is worth. */
export type Mode = 'payout' | 'compound';

/**
 * What the books say of a pool. `assets` (A) and `shares` (S) are constant between reports. All in base units.
 *
 * Losses are not taken from A at once: they are carried, later rewards recover them first, and until then what the shares are worth is
 * A − lossCarried. The loss carried is therefore also the distance below the high-water mark.
 */
export interface Pool {
  readonly id: string;
  readonly mode: Mode;
  /** Shares that a base unit of the asset is minted at first: 10^(18 − its decimals). */
  readonly firstRate: bigint;
  /** A: what the shares claim. */
  readonly assets: Amount;
  /** S: the shares that claim A, those of waiting exits included, those of exits whose rate is final not. */
  readonly shares: Shares;
  /** Of S: shares of exits whose nominal is fixed, and of instant ones. They carry losses and earn nothing. */
  readonly fixedShares: Shares;
  /** Issued and no longer of S: shares of exits whose rate is final, until they are burnt one by one. */
  readonly leavingShares: Shares;
  /** What flooring one by one left over of finalised exits: the next report adds it to A and to the buffer. */
  readonly surplus: Amount;
  /** Earning shares and reward index by tier of clients; a tier without a row has neither. */
  readonly tiers: readonly Tier[];
  /** Rewards of times with too few shares, waiting for holders. */
  readonly carriedReward: Amount;
  readonly lossCarried: Amount;
  /** Principal of the pool in our wallets, in no batch. */
  readonly buffer: Amount;
  /** All that was ever credited beside A: commission, and net rewards (payout) or rebates (compound). */
  readonly credited: Amount;
  /** Of `credited`: what has come into our hands. Only this is payable. */
  readonly collected: Amount;
  /** Number of the last report applied; 0 before the first. */
  readonly reportNumber: number;
}

export const NEW_POOL: Omit<Pool, 'id' | 'mode' | 'firstRate'> = {
  ...{ assets: amount(0n), shares: shares(0n), fixedShares: shares(0n), leavingShares: shares(0n), surplus: amount(0n), tiers: [] },
  ...{
    carriedReward: amount(0n),
    lossCarried: amount(0n),
    buffer: amount(0n),
    credited: amount(0n),
    collected: amount(0n),
    reportNumber: 0,
  },
};

export const firstRateOf = (decimals: number): bigint => 10n ** BigInt(SHARE_DECIMALS - decimals);

type Valued = Pick<Pool, 'assets' | 'lossCarried'>;
/** What all shares together are worth. Where hardly any are issued yet, a loss may be larger: those who enter with it carry it. */
export const valueOf = (pool: Valued): Amount => amount(larger<bigint>(pool.assets - pool.lossCarried, 0n));

/** Shares that earn. */
export const earningShares = (pool: Pick<Pool, 'shares' | 'fixedShares'>): Shares => shares(pool.shares - pool.fixedShares);

/** A price: what all shares of a moment are worth. One report has one for leavers and one for those who enter. */
export interface Price {
  readonly value: Amount;
  readonly shares: Shares;
}
export const priceOf = (pool: Valued & Pick<Pool, 'shares'>): Price => ({ value: valueOf(pool), shares: pool.shares });

/**
 * ⌊a·S/A⌋; at the first rate while there are too few shares and they are worth no more than that. No conversion favours its caller, and no mint
 * lowers A/S, however few shares there are. What is left in A when the last share has gone (flooring, and nominals that were the lesser) is
 * nobody's: it is there for all who enter by the next report that mints, at the first rate, as rewards of such times wait for holders.
 */
export function mintedFor(price: Price, assets: Amount, firstRate = 1n): Shares {
  const asAtFirst = price.shares === 0n || (price.shares < MINIMUM_SHARES && price.value * firstRate <= price.shares);
  return asAtFirst ? shares(assets * firstRate) : shares(mulDiv(assets, price.shares, price.value, 'floor'));
}

/** ⌊s·A/S⌋ */
export const redeemedFor = (price: Price, burnt: Shares): Amount => amount(mulDiv(burnt, price.value, price.shares, 'floor'));

/** ⌈a·S/A⌉: what leaves for an exact amount of assets. */
export function burntFor(price: Price, assets: Amount): Shares {
  invariant(price.value > 0n, 'pool.worthless', { value: String(price.value) });
  return shares(mulDiv(assets, price.shares, price.value, 'ceil'));
}

export interface Surroundings {
  /** Booked balances of all validators of the pool. */
  readonly booked: bigint;
  /** Pool money in batches whose validator is not yet active. */
  readonly fillInFlight: bigint;
  /** Client money in active validators that has not minted yet. */
  readonly unminted: bigint;
}

/**
 * What the pool owes equals what it has: A and what was credited beside it but not collected, against buffer, money in flight, validators (less
 * what clients have not minted yet) and the loss carried. Never off by one unit.
 */
export function assertCloses(pool: Pool, around: Surroundings): void {
  const owes = pool.assets + pool.credited - pool.collected;
  const has = pool.buffer + around.fillInFlight + around.booked - around.unminted + pool.lossCarried;
  invariant(owes === has, 'pool.does_not_close', { pool: pool.id, owes: String(owes), has: String(has) });
  const earning = pool.tiers.reduce((sum, tier) => sum + tier.shares, 0n);
  invariant(earning === earningShares(pool), 'pool.tiers_do_not_sum', { pool: pool.id, earning: String(earning) });
}
