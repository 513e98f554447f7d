import { invariant, mulDiv } from '#kernel';

/**
 * Where a quantity came from: acquired at once, at one cost. First in, first out. What is staked keeps its lots, as staking disposes of
 * nothing; a lot's id is that of the entry that acquired it, so it stays the same however long the history grows.
 */
export interface Lot {
  readonly id: string;
  readonly asset: string;
  /** Base units, > 0. */
  readonly quantity: bigint;
  readonly acquiredAt: Date;
  /** Cost in 10^-8 of the currency; null: nobody knows, as there was no price. */
  readonly basis: bigint | null;
}

/** What a pool owes a client in terms of what the client put in. */
export interface PoolLots {
  readonly shares: bigint;
  /** Of the pool's asset; in FIFO order. */
  readonly lots: readonly Lot[];
}
export interface LotState {
  /** In FIFO order. */
  readonly free: readonly Lot[];
  /** By the code of the share. */
  readonly pools: Readonly<Record<string, PoolLots>>;
}
export const NO_LOTS: LotState = { free: [], pools: {} };

/** What left a pool: what was put in, and what came back more or less. */
export interface Left {
  readonly carried: readonly Lot[];
  /** More came back than was put in: a new lot, earned when it came. */
  readonly gained: Lot | null;
  /** Less came back: what was lost. */
  readonly lost: readonly Lot[];
}

const sum = (lots: readonly Lot[]): bigint => lots.reduce((total, lot) => total + lot.quantity, 0n);

/** Lots of one asset in FIFO order. */
class Queue {
  constructor(private readonly lots: Lot[]) {}

  get all(): readonly Lot[] {
    return this.lots;
  }

  /** By time of acquisition, then id. Parts of one lot that meet again are one again. */
  put(lot: Lot): void {
    if (lot.quantity === 0n) return;
    let place = this.lots.length;
    while (place > 0 && before(lot, this.lots[place - 1])) place--;
    const same = this.lots[place - 1];
    if (same?.id === lot.id && same.asset === lot.asset) this.lots[place - 1] = together(same, lot);
    else this.lots.splice(place, 0, lot);
  }

  /** The oldest first; `of`, where it is given, before all others. */
  take(asset: string, quantity: bigint, of?: string): Lot[] {
    const taken: Lot[] = [];
    let left = quantity;
    const wanted = (lot: Lot): boolean => lot.asset === asset;
    const first = of === undefined ? -1 : this.lots.findIndex((lot) => wanted(lot) && lot.id === of);
    if (first >= 0) left -= this.cut(first, left, taken);
    for (let place = 0; place < this.lots.length && left > 0n;) {
      const [lot, length] = [this.lots[place], this.lots.length];
      if (lot && wanted(lot)) left -= this.cut(place, left, taken);
      if (this.lots.length === length) place++;
    }
    invariant(left === 0n, 'lots.short', { asset, quantity: String(quantity), missing: String(left) });
    return taken;
  }

  private cut(place: number, most: bigint, into: Lot[]): bigint {
    const lot = this.lots[place];
    if (!lot || most === 0n) return 0n;
    if (lot.quantity <= most) {
      this.lots.splice(place, 1);
      into.push(lot);
      return lot.quantity;
    }
    const basis = lot.basis === null ? null : mulDiv(lot.basis, most, lot.quantity, 'floor');
    into.push({ ...lot, quantity: most, basis });
    this.lots[place] = { ...lot, quantity: lot.quantity - most, basis: lot.basis === null || basis === null ? null : lot.basis - basis };
    return most;
  }
}

const before = (lot: Lot, other: Lot | undefined): boolean =>
  other !== undefined &&
  (lot.acquiredAt < other.acquiredAt || (lot.acquiredAt.getTime() === other.acquiredAt.getTime() && lot.id < other.id));
const together = (a: Lot, b: Lot): Lot => ({
  ...a,
  quantity: a.quantity + b.quantity,
  basis: a.basis === null || b.basis === null ? null : a.basis + b.basis,
});

/** The lots of one client. */
export class LotBook {
  private readonly free: Queue;
  private readonly pools = new Map<string, { shares: bigint; readonly lots: Queue }>();

  constructor(state: LotState = NO_LOTS) {
    this.free = new Queue([...state.free]);
    for (const [share, pool] of Object.entries(state.pools))
      this.pools.set(share, { shares: pool.shares, lots: new Queue([...pool.lots]) });
  }

  acquire(lot: Lot): void {
    this.free.put(lot);
  }

  /** `of`: the lot that is taken back, where it is there still. */
  dispose(asset: string, quantity: bigint, of?: string): Lot[] {
    return this.free.take(asset, quantity, of);
  }

  /** Into a pool against shares: the lots go with the money. */
  enter(share: string, asset: string, quantity: bigint, issued: bigint): Lot[] {
    const moved = this.free.take(asset, quantity);
    const pool = this.pools.get(share) ?? { shares: 0n, lots: new Queue([]) };
    for (const lot of moved) pool.lots.put(lot);
    pool.shares += issued;
    this.pools.set(share, pool);
    return moved;
  }

  /** Out of a pool: as large a part of what was put in as of the shares that were given back. `gain` values what came back beyond it. */
  leave(share: string, asset: string, redeemed: bigint, paid: bigint, gain: (quantity: bigint) => Lot): Left {
    const pool = this.pools.get(share);
    invariant(pool !== undefined && redeemed <= pool.shares, 'lots.shares_short', { share, redeemed: String(redeemed) });
    const put = sum(pool.lots.all);
    const part = redeemed === pool.shares ? put : mulDiv(put, redeemed, pool.shares, 'floor');
    pool.shares -= redeemed;
    const carried = pool.lots.take(asset, part < paid ? part : paid);
    const lost = part > paid ? pool.lots.take(asset, part - paid) : [];
    const gained = paid > part ? gain(paid - part) : null;
    for (const lot of carried) this.free.put(lot);
    if (gained) this.free.put(gained);
    if (pool.shares === 0n && pool.lots.all.length === 0) this.pools.delete(share);
    return { carried, gained, lost };
  }

  /** What is free of an asset, and shares of a pool: what the accounts must say too. */
  freeOf(asset: string): bigint {
    return sum(this.free.all.filter((lot) => lot.asset === asset));
  }
  sharesOf(share: string): bigint {
    return this.pools.get(share)?.shares ?? 0n;
  }

  get state(): LotState {
    return {
      free: [...this.free.all],
      pools: Object.fromEntries([...this.pools].map(([share, { shares, lots }]) => [share, { shares, lots: [...lots.all] }])),
    };
  }
}

interface WireLot {
  readonly id: string;
  readonly asset: string;
  readonly quantity: string;
  readonly acquired_at: string;
  readonly basis: string | null;
}
export interface WireLotState {
  readonly free: readonly WireLot[];
  readonly pools: Readonly<Record<string, { readonly shares: string; readonly lots: readonly WireLot[] }>>;
}

const wireLot = (lot: Lot): WireLot => ({
  id: lot.id,
  asset: lot.asset,
  quantity: lot.quantity.toString(),
  acquired_at: lot.acquiredAt.toISOString(),
  basis: lot.basis?.toString() ?? null,
});
const lotOf = (wire: WireLot): Lot => ({
  id: wire.id,
  asset: wire.asset,
  quantity: BigInt(wire.quantity),
  acquiredAt: new Date(wire.acquired_at),
  basis: wire.basis === null ? null : BigInt(wire.basis),
});
export const wireLots = (state: LotState): WireLotState => ({
  free: state.free.map(wireLot),
  pools: Object.fromEntries(
    Object.entries(state.pools).map(([share, pool]) => [share, { shares: pool.shares.toString(), lots: pool.lots.map(wireLot) }]),
  ),
});
export const lotsOf = (wire: WireLotState): LotState => ({
  free: wire.free.map(lotOf),
  pools: Object.fromEntries(
    Object.entries(wire.pools).map(([share, pool]) => [share, { shares: BigInt(pool.shares), lots: pool.lots.map(lotOf) }]),
  ),
});
