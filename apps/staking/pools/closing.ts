import { amount, invariant, larger, shares, smaller, type Amount, type Shares } from '#kernel';
import { STANDARD } from '../fees/fee-schedule.js';
import type { Finalisation } from '../exit-queue/queue.js';
import type { Holder } from '../settlement/holder.js';
import type { PaidNow } from './leaving.js';
import type { Move } from './moves.js';
import { mintedFor, priceOf, type Pool, type Price } from './pool.js';
import type { Applied, Entry, Netted, Opened } from './report.js';
import { addToTier, changeHolding, freshHolder } from './tiers.js';

/** A stake with money in no batch, whose client nothing stops: it may pay those who leave. */
export interface Waiting {
  readonly orderId: string;
  readonly clientId: string;
  readonly amount: Amount;
}

/** Who leaves and who enters at the price of a report. */
export interface Closing {
  /** Shares whose nominal this report fixed, by the tier of their holders, and what was settled to them. */
  readonly fixed: { readonly byTier: ReadonlyMap<string, Shares>; readonly moves: readonly Move[] };
  readonly finalised: readonly Finalisation[];
  readonly paid: PaidNow;
  /** First in, first out; only what the finalised ranges need beyond the buffer is taken. */
  readonly stakes: readonly Waiting[];
  readonly entries: readonly Entry[];
  /** Those who enter, after the leavers were settled; who is missing has held nothing yet and is of the standard tier. */
  readonly holders: ReadonlyMap<string, Holder>;
}
export const NOTHING_PAID: PaidNow = { moves: [], burnt: shares(0n), surplus: amount(0n) };
/** Nobody leaves, nobody enters: also while a rate may not be traded on. */
export const NOBODY: Closing = {
  ...{ fixed: { byTier: new Map(), moves: [] }, finalised: [], paid: NOTHING_PAID, stakes: [], entries: [], holders: new Map() },
};

export interface Closed extends Applied {
  readonly holders: readonly Holder[];
}

/** Those who leave first, at the price of the opened report; then those who enter, all at the price that leaves. */
export function closeReport(opened: Opened, closing: Closing): Closed {
  const left = leave(opened.pool, opened.number, closing);
  const entering = new Entering(left.pool, closing.holders);
  const netted = entering.net(closing.stakes, left.missing);
  const minted = entering.mint(closing.entries);
  const { paid, fixed } = closing;
  const { pool } = entering;
  return {
    ...opened,
    pool: {
      ...pool,
      leavingShares: shares(pool.leavingShares - paid.burnt),
      surplus: amount(pool.surplus + paid.surplus),
    },
    ...{ minted, netted, setAside: left.setAside, holders: entering.changed() },
    moves: [...opened.moves, ...fixed.moves, ...left.moves, ...paid.moves, ...entering.moves],
  };
}

interface Left {
  readonly pool: Pool;
  readonly moves: readonly Move[];
  readonly setAside: Amount;
  /** What those who enter must bring, because the buffer does not reach. */
  readonly missing: bigint;
}

function leave(before: Pool, report: number, { fixed, finalised }: Closing): Left {
  let pool = before;
  for (const [tier, units] of fixed.byTier) {
    pool = { ...addToTier(pool, tier, 0n - units), fixedShares: shares(pool.fixedShares + units) };
  }
  let total = 0n;
  const moves: Move[] = [];
  for (const { group, from, to, setAside } of finalised) {
    const gone = to.shares - from.shares;
    pool = {
      ...pool,
      assets: amount(pool.assets - setAside),
      shares: shares(pool.shares - gone),
      fixedShares: shares(pool.fixedShares - gone),
      leavingShares: shares(pool.leavingShares + gone),
    };
    total += setAside;
    if (setAside > 0n) moves.push({ kind: 'exit.set_aside', of: `${report}/${group}`, amount: setAside });
  }
  const borne = lossOf(before, pool.shares);
  if (borne > 0n) {
    pool = { ...pool, assets: amount(pool.assets - borne), lossCarried: amount(pool.lossCarried - borne) };
    moves.push({ kind: 'loss.leave', amount: borne });
  }
  const missing = larger<bigint>(total - pool.buffer, 0n);
  return { pool: { ...pool, buffer: amount(pool.buffer + missing - total) }, moves, setAside: amount(total), missing };
}

/**
 * Of the loss that is carried, what those who left have borne: it leaves with them. The price stays, and so does the distance of a share from the
 * high-water mark: otherwise those who come later would pay no commission until a loss is made good that none of them bore.
 */
function lossOf({ assets, lossCarried, shares: before }: Pool, left: Shares): Amount {
  return amount(before === left ? 0n : (smaller<bigint>(assets, lossCarried) * (before - left)) / before);
}

/** The pool and the holders while those who enter are minted, all at one price. */
class Entering {
  readonly moves: Move[] = [];
  private readonly price: Price;
  private readonly touched = new Map<string, Holder>();
  constructor(
    public pool: Pool,
    private readonly holders: ReadonlyMap<string, Holder>,
  ) {
    this.price = priceOf(pool);
  }

  net(stakes: readonly Waiting[], missing: bigint): Netted[] {
    const netted: Netted[] = [];
    let open = missing;
    for (const { orderId, clientId, amount: there } of stakes) {
      if (open === 0n) break;
      const units = amount(smaller<bigint>(there, open));
      open -= units;
      this.moves.push({ kind: 'stake.net', clientId, of: orderId, amount: units });
      netted.push({ orderId, clientId, amount: units, shares: this.issue(clientId, orderId, units) });
    }
    invariant(open === 0n, 'exit.not_covered', { missing: String(open) });
    return netted;
  }

  mint(entries: readonly Entry[]): Closed['minted'] {
    return entries.map(({ clientId, partId, amount: units }) => {
      this.moves.push({ kind: 'stake.mint', clientId, of: partId, amount: units });
      return { partId, clientId, shares: this.issue(clientId, partId, units) };
    });
  }

  changed(): Holder[] {
    return [...this.touched.values()];
  }

  private issue(clientId: string, of: string, units: Amount): Shares {
    const issued = mintedFor(this.price, units, this.pool.firstRate);
    if (issued > 0n) this.moves.push({ kind: 'share.mint', clientId, of, amount: issued });
    const before = this.touched.get(clientId) ?? this.holders.get(clientId) ?? freshHolder(this.pool, clientId, STANDARD);
    const { pool, holder, paid } = changeHolding(this.pool, before, issued);
    this.touched.set(clientId, holder);
    if (paid > 0n) this.moves.push({ kind: 'reward.settle', clientId, of, amount: paid });
    this.pool = { ...pool, assets: amount(pool.assets + units), shares: shares(pool.shares + issued) };
    return issued;
  }
}
