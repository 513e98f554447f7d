import { amount, invariant, NO_SHARES, type Amount, type Shares } from '#kernel';

/** The reward index is a reward a share times this. */
export const INDEX_SCALE = 10n ** 27n;

/** A client's earning shares of a pool, and how far its rewards are settled. */
export interface Holder {
  readonly clientId: string;
  /** Of the client: its index is the one that counts here. */
  readonly tier: string;
  /** Shares that earn: those of an exit stop when its nominal is fixed. */
  readonly shares: Shares;
  /** The index of the tier up to which this holder is settled. */
  readonly indexPaid: bigint;
  /** What is owed and not paid, in 10^-27 units. payout: always below INDEX_SCALE. compound: rebates until they are paid. */
  readonly remainder: bigint;
}

export const newHolder = (clientId: string, tier: string, index: bigint): Holder => ({
  ...{ clientId, tier, shares: NO_SHARES, indexPaid: index, remainder: 0n },
});

export interface Settled {
  readonly holder: Holder;
  /** What moves to the client now; may be zero. */
  readonly paid: Amount;
}

/** Brings a holder up to the index and pays nothing: what is owed is kept to the last 10^-27. */
export function carry(holder: Holder, index: bigint): Holder {
  invariant(index >= holder.indexPaid, 'holder.index_fell', {
    client: holder.clientId,
    index: String(index),
    paid: String(holder.indexPaid),
  });
  return { ...holder, indexPaid: index, remainder: (index - holder.indexPaid) * holder.shares + holder.remainder };
}

/** Brings a holder up to the index and pays what is whole. The fraction is kept, and is the client's still: over time nothing is lost or invented. */
export function settle(holder: Holder, index: bigint): Settled {
  const carried = carry(holder, index);
  const { remainder: owed } = carried;
  return { holder: { ...carried, remainder: owed % INDEX_SCALE }, paid: amount(owed / INDEX_SCALE) };
}

/** What settling would pay, without settling. */
export const accruedOf = (holder: Holder, index: bigint): Amount => settle(holder, index).paid;
