import { amount, invariant, larger, mulDiv, shares, type Amount, type Shares } from '#kernel';

/** Below this many shares a pool mints one to one and carries rewards forward: too few shares to price anything by. */
export const MINIMUM_SHARES = shares(10n ** 15n);

/**
 * What the books say of a pool. `assets` (A) and `shares` (S) are constant between reports. All in base units.
 *
 * Losses are not taken from A at once: they are carried, later rewards recover them first, and until then what the shares are worth is
 * A − lossCarried. The loss carried is therefore also the distance below the high-water mark.
 */
export interface Pool {
  readonly id: string;
  readonly commissionBps: number;
  /** A: what the shares claim. */
  readonly assets: Amount;
  /** S: all shares issued, those of waiting exits included. */
  readonly shares: Shares;
  /** Of S: shares of exits whose nominal is fixed. They carry losses and earn nothing. */
  readonly fixedShares: Shares;
  /** I: reward a share, scaled by 10^27; never falls. */
  readonly rewardIndex: bigint;
  /** What the index could not express of the rewards so far, in 10^-27 units. */
  readonly indexRemainder: bigint;
  /** Rewards of times with too few shares, waiting for holders. */
  readonly carriedReward: Amount;
  readonly lossCarried: Amount;
  /** Principal of the pool in our wallets, in no batch. */
  readonly buffer: Amount;
  /** All rewards ever credited to holders or the house (net and commission). */
  readonly credited: Amount;
  /** Of `credited`: what has come into our hands. Only this is payable. */
  readonly collected: Amount;
  /** Number of the last report applied; 0 before the first. */
  readonly reportNumber: number;
}

/** What all shares together are worth. Where hardly any are issued yet, a loss may be larger: those who enter with it carry it. */
export const valueOf = (pool: Pool): Amount => amount(larger<bigint>(pool.assets - pool.lossCarried, 0n));

/** Shares that earn. */
export const earningShares = (pool: Pool): Shares => shares(pool.shares - pool.fixedShares);

/** A price: what all shares of a moment are worth. One report has one for leavers and one for those who enter. */
export interface Price {
  readonly value: Amount;
  readonly shares: Shares;
}
export const priceOf = (pool: Pool): Price => ({ value: valueOf(pool), shares: pool.shares });

/** ⌊a·S/A⌋; one to one while there are too few shares. No conversion favours its caller. */
export const mintedFor = (price: Price, assets: Amount): Shares =>
  price.shares < MINIMUM_SHARES ? shares(assets) : shares(mulDiv(assets, price.shares, price.value, 'floor'));

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
 * What the pool owes equals what it has: A and the rewards credited but not collected, against buffer, money in flight, validators (less
 * what clients have not minted yet) and the loss carried. Never off by one unit.
 */
export function assertCloses(pool: Pool, around: Surroundings): void {
  const owes = pool.assets + pool.credited - pool.collected;
  const has = pool.buffer + around.fillInFlight + around.booked - around.unminted + pool.lossCarried;
  invariant(owes === has, 'pool.does_not_close', { pool: pool.id, owes: String(owes), has: String(has) });
}
