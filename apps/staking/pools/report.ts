import { amount, invariant, larger, ok, refuse, shares, smaller, subtract, type Amount, type Result, type Shares } from '#kernel';
import { changeShares, INDEX_SCALE, newHolder, type Holder } from '../settlement/holder.js';
import { inflowsOf, outflowsOf } from './flows.js';
import type { Move } from './moves.js';
import { earningShares, mintedFor, MINIMUM_SHARES, priceOf, redeemedFor, type Pool, type Price } from './pool.js';
import { accrue, collect, type Accrued, type Execution, type Observation, type Outflow, type PoolValidator } from './rewards.js';

export interface Report {
  readonly number: number;
  readonly validators: readonly Observation[];
  readonly execution: Execution;
}
/**
 * A part of an order on its way into a validator: it mints at the first report that contains the validator, or that saw the top-up applied
 * whose batch it names.
 */
export interface Entry {
  readonly partId: string;
  readonly clientId: string;
  readonly pubkey: string;
  readonly amount: Amount;
  readonly topUp?: string | undefined;
}
/** More money for a validator, final on chain: at most one a validator. */
export interface TopUp {
  readonly batchId: string;
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
  readonly topUps: readonly TopUp[];
  /** By source: the validator of the same pool into which two people had it merged. */
  readonly mergers: ReadonlyMap<string, string>;
  /** By validator: what was asked of it as principal and has not come yet. */
  readonly askedOf: ReadonlyMap<string, Amount>;
  /** The loss that people let this pool carry although it has too few shares. */
  readonly lossPermitted: Amount;
  /** Holders whose shares this report changes; a client without a row has none. */
  readonly holders: ReadonlyMap<string, Holder>;
}

export interface Applied {
  readonly pool: Pool;
  readonly reward: bigint;
  readonly commission: Amount;
  /** Top-ups that the chain has applied. */
  readonly toppedUp: readonly string[];
  /** What somebody else put into a validator of ours, by a deposit or a merger: reward, and for people to look at. */
  readonly given: readonly { readonly pubkey: string; readonly amount: Amount }[];
  /** By validator: what came of the principal that was asked for. */
  readonly principalOf: ReadonlyMap<string, Amount>;
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
 * same result. Refusals: report.out_of_order, report.unknown_validator, report.inconsistent, report.merger_unknown, report.loss_held.
 */
export function applyReport(pool: Pool, report: Report, queue: Queue): Result<Applied> {
  const problem = check(pool, report, queue.validators);
  if (!problem.ok) return problem;
  const inflows = inflowsOf(report, queue);
  if (!inflows.ok) return inflows;
  const inflow = inflows.value;
  const accrued = accrue(pool, inflow.gains, report.execution);
  const outflows = outflowsOf(report, queue, inflow.principals);
  const credited = amount(pool.credited + accrued.net + accrued.commission);
  // blocks pay into our hands: what of it recovers no loss is collected at once
  const atOnce = subtract(amount(report.execution.priorityFees + report.execution.mev), accrued.restored);
  const collected = collect(amount(credited - pool.collected - atOnce), outflows);
  const rewards = amount(collected.rewards + atOnce);

  const opened: Pool = {
    ...raiseIndex(pool, accrued.net),
    lossCarried: accrued.lossCarried,
    credited,
    collected: amount(pool.collected + rewards),
    buffer: amount(pool.buffer + collected.principal + accrued.restored),
    reportNumber: report.number,
  };
  const work = new Ledgering(opened, queue.holders);
  const price = priceOf(opened);
  const fixed = fix(work, price, queue.exits);
  const paid = pay(work, price, queue.exits, fixed);
  const entries = effective(queue.entries, report, inflow.toppedUp);
  const tooMuch = tooMuchToCarry(pool, accrued, work.pool, entries, queue.lossPermitted);
  if (tooMuch !== null) return tooMuch;
  const minted = mint(work, priceOf(work.pool), entries);
  return ok({
    pool: work.pool,
    reward: accrued.reward,
    commission: accrued.commission,
    toppedUp: inflow.toppedUp,
    given: inflow.given,
    principalOf: new Map(outflows.filter((o) => o.asked > 0n).map((o) => [o.pubkey, o.asked])),
    validators: book(report, queue.validators, outflows),
    fixed: [...fixed].map(([orderId, nominal]) => ({ orderId, nominal })),
    paid,
    minted,
    holders: work.changed(),
    moves: [
      ...inflow.moves,
      ...accrued.moves,
      ...inflow.mergers, // what was earned before counts too
      ...collected.moves,
      ...(rewards > 0n ? [{ kind: 'reward.collect', amount: rewards } as const] : []),
      ...work.moves,
    ],
  });
}

/**
 * A loss is carried while the shares are worth more than it. With too few shares there is no price to carry it by: people decide, and then
 * those who enter carry it, whose validators lost it.
 */
function tooMuchToCarry(
  pool: Pool,
  accrued: Accrued,
  after: Pool,
  entries: readonly Entry[],
  permitted: Amount,
): ReturnType<typeof refuse> | null {
  if (accrued.lossCarried <= pool.lossCarried) return null;
  const facts = { loss: String(accrued.lossCarried), permitted: String(permitted) };
  const entering = entries.reduce<bigint>((sum, entry) => sum + entry.amount, 0n);
  if (accrued.lossCarried >= (pool.shares < MINIMUM_SHARES ? after.assets + entering : after.assets))
    return refuse('report.loss_held', 'The loss is as large as the pool.', facts);
  if (pool.shares >= MINIMUM_SHARES || accrued.lossCarried <= permitted) return null;
  return refuse('report.loss_held', 'A loss that the shares of the pool cannot carry is for officers to decide.', facts);
}

/** Entries whose validator is in the report, and whose top-up, where they came by one, the chain has applied. */
function effective(entries: readonly Entry[], report: Report, toppedUp: readonly string[]): Entry[] {
  const present = new Set(report.validators.map((o) => o.pubkey));
  return entries.filter((entry) => (entry.topUp === undefined ? present.has(entry.pubkey) : toppedUp.includes(entry.topUp)));
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
    const change = o.closing + o.withdrawn + o.consolidatedOut - o.opening - o.deposited - o.consolidatedIn;
    const sums = o.opening === validator.booked && o.reward === change && (!o.emptied || o.closing === 0n);
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

/** Effective entries become shares, all at one price. */
function mint(work: Ledgering, price: Price, entries: readonly Entry[]): Applied['minted'] {
  const minted: { partId: string; clientId: string; shares: Shares }[] = [];
  for (const entry of entries) {
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

function book(report: Report, known: readonly PoolValidator[], outflows: readonly Outflow[]): PoolValidator[] {
  const validators = new Map(known.map((v) => [v.pubkey, v]));
  return report.validators.map((o, i) => {
    const before = validators.get(o.pubkey);
    const outflow = outflows[i];
    invariant(before !== undefined && outflow !== undefined, 'report.validator_lost', { pubkey: o.pubkey });
    const principal = amount(larger<bigint>(outflow.principal - outflow.asked, 0n));
    return { ...before, principal, booked: o.closing, reported: true, emptied: before.emptied || o.emptied };
  });
}
