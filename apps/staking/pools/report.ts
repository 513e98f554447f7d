import { amount, invariant, ok, refuse, shares, smaller, type Amount, type Result, type Shares } from '#kernel';
import { changeShares, INDEX_SCALE, newHolder, type Holder } from '../settlement/holder.js';
import type { Move } from './moves.js';
import { earningShares, mintedFor, MINIMUM_SHARES, priceOf, redeemedFor, type Pool, type Price } from './pool.js';
import { accrue, collect, type Observation, type PoolValidator } from './rewards.js';

export interface Report {
  readonly number: number;
  readonly validators: readonly Observation[];
}
/** A part of an order whose validator is active: it mints at the first report that contains the validator. */
export interface Entry {
  readonly partId: string;
  readonly clientId: string;
  readonly pubkey: string;
  readonly amount: Amount;
}
/** An accepted exit, in the order of acceptance. */
export interface Exit {
  readonly orderId: string;
  readonly clientId: string;
  readonly shares: Shares;
  /** null until the first report after acceptance. */
  readonly nominal: Amount | null;
}
export interface Queue {
  readonly validators: readonly PoolValidator[];
  readonly entries: readonly Entry[];
  readonly exits: readonly Exit[];
  /** Holders whose shares this report changes; a client without a row has none. */
  readonly holders: ReadonlyMap<string, Holder>;
}

export interface Applied {
  readonly pool: Pool;
  readonly reward: bigint;
  readonly commission: Amount;
  /** Validators of the report as the books hold them now. */
  readonly validators: readonly PoolValidator[];
  readonly fixed: readonly { readonly orderId: string; readonly nominal: Amount }[];
  readonly paid: readonly { readonly orderId: string; readonly clientId: string; readonly amount: Amount }[];
  readonly minted: readonly { readonly partId: string; readonly clientId: string; readonly shares: Shares }[];
  readonly holders: readonly Holder[];
  readonly moves: readonly Move[];
}

/**
 * Applies a report: rewards and losses to the opening shares, then exits, then mints. Pure: the same pool, report and queue always give the
 * same result. Refusals: report.out_of_order, report.unknown_validator, report.inconsistent, report.loss_held.
 */
export function applyReport(pool: Pool, report: Report, queue: Queue): Result<Applied> {
  const problem = check(pool, report, queue.validators);
  if (!problem.ok) return problem;
  const accrued = accrue(pool, report.validators);
  if (accrued.lossCarried > 0n && accrued.reward < 0n && (pool.shares < MINIMUM_SHARES || accrued.lossCarried >= pool.assets)) {
    return refuse('report.loss_held', 'A loss that the shares of the pool cannot carry is for officers to decide.', {
      loss: String(accrued.lossCarried),
    });
  }
  const principals = new Map(queue.validators.map((v) => [v.pubkey, v.principal]));
  const uncollected = amount(pool.credited + accrued.net + accrued.commission - pool.collected);
  const collected = collect(uncollected, report.validators, principals);

  const opened: Pool = {
    ...raiseIndex(pool, accrued.net),
    lossCarried: accrued.lossCarried,
    credited: amount(pool.credited + accrued.net + accrued.commission),
    collected: amount(pool.collected + collected.rewards),
    buffer: amount(pool.buffer + collected.principal),
    reportNumber: report.number,
  };
  const work = new Ledgering(opened, queue.holders);
  const price = priceOf(opened);
  const fixed = fix(work, price, queue.exits);
  const paid = pay(work, price, queue.exits, fixed);
  const minted = mint(work, priceOf(work.pool), report, queue.entries);
  return ok({
    pool: work.pool,
    reward: accrued.reward,
    commission: accrued.commission,
    validators: book(report, queue.validators),
    fixed: [...fixed].map(([orderId, nominal]) => ({ orderId, nominal })),
    paid,
    minted,
    holders: work.changed(),
    moves: [...accrued.moves, ...collected.moves, ...work.moves],
  });
}

function check(pool: Pool, report: Report, known: readonly PoolValidator[]): Result<null> {
  if (report.number !== pool.reportNumber + 1) {
    return refuse('report.out_of_order', `The next report of this pool is number ${pool.reportNumber + 1}.`, { number: report.number });
  }
  const validators = new Map(known.map((v) => [v.pubkey, v]));
  const seen = new Set<string>();
  for (const o of report.validators) {
    const validator = validators.get(o.pubkey);
    if (!validator)
      return refuse('report.unknown_validator', 'A validator is not of this pool, or not active in its books.', { pubkey: o.pubkey });
    const sums = o.opening === validator.booked && o.reward === o.closing + o.withdrawn - o.opening && (!o.emptied || o.closing === 0n);
    if (!sums || seen.has(o.pubkey)) {
      return refuse('report.inconsistent', 'Opening, closing, withdrawn and reward do not add up to the books.', {
        pubkey: o.pubkey,
        booked: String(validator.booked),
      });
    }
    seen.add(o.pubkey);
  }
  const missing = known.find((v) => v.reported && !v.emptied && !seen.has(v.pubkey));
  return missing ? refuse('report.inconsistent', 'A validator of earlier reports is missing.', { pubkey: missing.pubkey }) : ok(null);
}

/** Publishes a reward: O(1), whatever the number of holders. What the index cannot express is carried to the unit. */
function raiseIndex(pool: Pool, net: Amount): Pool {
  const earning = earningShares(pool);
  const reward = amount(net + pool.carriedReward);
  if (earning < MINIMUM_SHARES) return { ...pool, carriedReward: reward };
  const scaled = reward * INDEX_SCALE + pool.indexRemainder;
  return { ...pool, rewardIndex: pool.rewardIndex + scaled / earning, indexRemainder: scaled % earning, carriedReward: amount(0n) };
}

/** The pool and the holders while a report works on them. */
class Ledgering {
  readonly moves: Move[] = [];
  private readonly touched = new Map<string, Holder>();
  constructor(
    public pool: Pool,
    private readonly holders: ReadonlyMap<string, Holder>,
  ) {}

  changeShares(clientId: string, of: string, change: bigint): void {
    const before = this.touched.get(clientId) ?? this.holders.get(clientId) ?? newHolder(clientId, this.pool.rewardIndex);
    const { holder, paid } = changeShares(before, this.pool.rewardIndex, change);
    this.touched.set(clientId, holder);
    if (paid > 0n) this.moves.push({ kind: 'reward.settle', clientId, of, amount: paid });
  }
  changed(): Holder[] {
    return [...this.touched.values()];
  }
}

/** Exits accepted since the last report get their nominal: from here they earn nothing. */
function fix(work: Ledgering, price: Price, exits: readonly Exit[]): Map<string, Amount> {
  const fixed = new Map<string, Amount>();
  for (const exit of exits) {
    if (exit.nominal !== null) continue;
    fixed.set(exit.orderId, redeemedFor(price, exit.shares));
    work.changeShares(exit.clientId, exit.orderId, 0n - exit.shares);
    work.pool = { ...work.pool, fixedShares: shares(work.pool.fixedShares + exit.shares) };
  }
  return fixed;
}

/** Strictly first in, first out, as far as the buffer reaches: min(nominal, value now). What a loss takes from a nominal stays in the pool. */
function pay(work: Ledgering, price: Price, exits: readonly Exit[], fixed: ReadonlyMap<string, Amount>): Applied['paid'] {
  const paid: { orderId: string; clientId: string; amount: Amount }[] = [];
  for (const exit of exits) {
    const nominal = exit.nominal ?? fixed.get(exit.orderId);
    invariant(nominal !== undefined, 'exit.without_nominal', { order: exit.orderId });
    const payout = smaller(nominal, redeemedFor(price, exit.shares));
    const { pool } = work;
    if (payout > pool.buffer) break;
    work.pool = {
      ...pool,
      buffer: amount(pool.buffer - payout),
      assets: amount(pool.assets - payout),
      shares: shares(pool.shares - exit.shares),
      fixedShares: shares(pool.fixedShares - exit.shares),
    };
    const { clientId, orderId: of } = exit;
    if (payout > 0n) work.moves.push({ kind: 'exit.finalise', clientId, of, amount: payout });
    work.moves.push({ kind: 'share.burn', clientId, of, amount: exit.shares });
    if (payout > 0n) work.moves.push({ kind: 'exit.settle', clientId, of, amount: payout });
    paid.push({ orderId: of, clientId, amount: payout });
  }
  return paid;
}

/** Entries whose validator is in the report become shares, all at one price. */
function mint(work: Ledgering, price: Price, report: Report, entries: readonly Entry[]): Applied['minted'] {
  const present = new Set(report.validators.map((o) => o.pubkey));
  const minted: { partId: string; clientId: string; shares: Shares }[] = [];
  for (const entry of entries) {
    if (!present.has(entry.pubkey)) continue;
    const { clientId, partId: of } = entry;
    const issued = mintedFor(price, entry.amount);
    work.moves.push({ kind: 'stake.mint', clientId, of, amount: entry.amount });
    if (issued > 0n) work.moves.push({ kind: 'share.mint', clientId, of, amount: issued });
    work.changeShares(clientId, of, issued);
    const { pool } = work;
    work.pool = { ...pool, assets: amount(pool.assets + entry.amount), shares: shares(pool.shares + issued) };
    minted.push({ partId: of, clientId, shares: issued });
  }
  return minted;
}

function book(report: Report, known: readonly PoolValidator[]): PoolValidator[] {
  const validators = new Map(known.map((v) => [v.pubkey, v]));
  return report.validators.map((o) => {
    const before = validators.get(o.pubkey);
    invariant(before !== undefined, 'report.validator_lost', { pubkey: o.pubkey });
    return { ...before, booked: o.closing, reported: true, emptied: before.emptied || o.emptied };
  });
}
