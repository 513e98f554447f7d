import { amount, invariant, NO_SHARES, shares, type Amount, type Shares } from '#kernel';

/** The reward index is a reward a share times this. */
export const INDEX_SCALE = 10n ** 27n;

/** A client's earning shares of a pool, and how far its rewards are settled. */
export interface Holder {
  readonly clientId: string;
  /** Shares that earn: those of an exit stop when its nominal is fixed. */
  readonly shares: Shares;
  /** The index up to which this holder is settled. */
  readonly indexPaid: bigint;
  /** What is owed beyond whole base units, in 10^-27 units: always below INDEX_SCALE. */
  readonly remainder: bigint;
}

export const newHolder = (clientId: string, index: bigint): Holder => ({ clientId, shares: NO_SHARES, indexPaid: index, remainder: 0n });

export interface Settled {
  readonly holder: Holder;
  /** What moves from rewards_payable to the client now; may be zero. */
  readonly paid: Amount;
}

/** Brings a holder up to the index. The fraction is kept, and is the client's still: over time nothing is lost or invented. */
export function settle(holder: Holder, index: bigint): Settled {
  invariant(index >= holder.indexPaid, 'holder.index_fell', {
    client: holder.clientId,
    index: String(index),
    paid: String(holder.indexPaid),
  });
  const owed = (index - holder.indexPaid) * holder.shares + holder.remainder;
  return {
    holder: { ...holder, indexPaid: index, remainder: owed % INDEX_SCALE },
    paid: amount(owed / INDEX_SCALE),
  };
}

/** What settling would pay, without settling. */
export const accruedOf = (holder: Holder, index: bigint): Amount => settle(holder, index).paid;

/** Settles, then changes the shares: the only order in which a change of shares is fair. */
export function changeShares(holder: Holder, index: bigint, change: bigint): Settled {
  const { holder: settled, paid } = settle(holder, index);
  return { holder: { ...settled, shares: shares(settled.shares + change) }, paid };
}
