import { amount, invariant, larger, ok, refuse, smaller, type Amount, type Result, type Shares } from '#kernel';
import type { Covered, Covers } from '../losses/waterfall.js';
import { check } from './checks.js';
import { inflowsOf, outflowsOf } from './flows.js';
import type { Move } from './moves.js';
import { MINIMUM_SHARES, priceOf, type Pool, type Price } from './pool.js';
import { accrue, collect, type Accrued, type Execution, type Observation, type Outflow, type PoolValidator } from './rewards.js';
import type { Fees } from './tiers.js';

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
/** What the books know when a report comes. */
export interface Known {
  readonly validators: readonly PoolValidator[];
  readonly entries: readonly Entry[];
  readonly topUps: readonly TopUp[];
  /** By source: the validator of the same pool into which two people had it merged. */
  readonly mergers: ReadonlyMap<string, string>;
  /** By validator: what was asked of it as principal and has not come yet. */
  readonly askedOf: ReadonlyMap<string, Amount>;
  /** The loss that people let this pool carry although it has too few shares. */
  readonly lossPermitted: Amount;
  readonly fees: Fees;
  /** What bears the losses of slashed validators before the pool does. */
  readonly covers: Covers;
  /** The largest balance that the protocol lets count of a validator; null: it has none. */
  readonly largest: Amount | null;
}

/** A report half applied: rewards and losses are booked, and there is a price for those who leave. */
export interface Opened {
  readonly number: number;
  readonly pool: Pool;
  readonly price: Price;
  readonly reward: bigint;
  readonly commission: Amount;
  /** What tiers got back of the standard commission, where rewards raise A. */
  readonly rebate: Amount;
  readonly covered: Covered;
  /** Top-ups that the chain has applied. */
  readonly toppedUp: readonly string[];
  /** What somebody else put into a validator of ours, by a deposit or a merger: reward, and for people to look at. */
  readonly given: readonly { readonly pubkey: string; readonly amount: Amount }[];
  /** By validator: what came of the principal that was asked for. */
  readonly principalOf: ReadonlyMap<string, Amount>;
  /** Validators of the report as the books hold them now. */
  readonly validators: readonly PoolValidator[];
  /** What is effective, and mints when the report is closed. */
  readonly entries: readonly Entry[];
  readonly moves: readonly Move[];
}

/**
 * Rewards and losses to the opening shares. Pure: the same pool, report and books always give the same result. Refusals: report.out_of_order,
 * report.unknown_validator, report.inconsistent, report.balance_impossible, report.merger_unknown, report.loss_held.
 */
export function openReport(pool: Pool, report: Report, known: Known): Result<Opened> {
  const problem = check(pool, report, known.validators, known.largest);
  if (!problem.ok) return problem;
  const inflows = inflowsOf(report, known);
  if (!inflows.ok) return inflows;
  const inflow = inflows.value;
  const accrued = accrue(pool, inflow.gains, report.execution, known);
  const outflows = outflowsOf(report, known, inflow.principals);
  const credited = amount(pool.credited + accrued.indexed + accrued.commission);
  // blocks pay into our hands: what of it is owed beside A is collected at once, the rest is the pool's own
  const executed = report.execution.priorityFees + report.execution.mev;
  const atOnce = smaller<bigint>(executed - accrued.restored, credited - pool.collected);
  const collected = collect(amount(credited - pool.collected - atOnce), outflows);
  const rewards = amount(collected.rewards + atOnce);
  const entries = effective(known.entries, report, inflow.toppedUp);

  const opened: Pool = {
    ...accrued.pool,
    assets: amount(pool.assets + accrued.compounded + pool.surplus),
    surplus: amount(0n),
    credited,
    collected: amount(pool.collected + rewards),
    buffer: amount(pool.buffer + collected.principal + (executed - atOnce) + accrued.covered.total + pool.surplus),
    reportNumber: report.number,
  };
  const tooMuch = tooMuchToCarry(pool, accrued, opened, entries, known.lossPermitted);
  if (tooMuch !== null) return tooMuch;
  return ok({
    number: report.number,
    pool: opened,
    price: priceOf(opened),
    reward: accrued.reward,
    commission: accrued.commission,
    rebate: pool.mode === 'compound' ? accrued.indexed : amount(0n),
    covered: accrued.covered,
    toppedUp: inflow.toppedUp,
    given: inflow.given,
    principalOf: new Map(outflows.filter((o) => o.asked > 0n).map((o) => [o.pubkey, o.asked])),
    validators: kept(opened, book(report, known.validators, outflows)),
    entries,
    moves: [
      ...inflow.moves,
      ...accrued.moves,
      ...inflow.mergers, // what was earned before counts too
      ...collected.moves,
      ...(rewards > 0n ? [{ kind: 'reward.collect', amount: rewards } as const] : []),
    ],
  });
}

/** Of what the shares claim, this part at least must be left: below it a share is worth so little that nothing can be priced by it. */
const LEAST_LEFT = 10n ** 9n;

/**
 * A loss is carried while the shares are worth more than it. With too few shares there is no price to carry it by: people decide, and then
 * those who enter carry it, whose validators lost it.
 */
function tooMuchToCarry(
  { shares: before, lossCarried }: Pool,
  accrued: Accrued,
  after: Pool,
  entries: readonly Entry[],
  permitted: Amount,
): ReturnType<typeof refuse> | null {
  const carried = accrued.pool.lossCarried;
  if (carried <= lossCarried) return null;
  const facts = { loss: String(carried), permitted: String(permitted) };
  const entering = entries.reduce<bigint>((sum, entry) => sum + entry.amount, 0n);
  const bearing = before < MINIMUM_SHARES ? after.assets + entering : after.assets;
  if ((bearing - carried) * LEAST_LEFT <= bearing) return refuse('report.loss_held', 'The loss is as large as the pool.', facts);
  if (before >= MINIMUM_SHARES || carried <= permitted) return null;
  return refuse('report.loss_held', 'A loss that the shares of the pool cannot carry is for officers to decide.', facts);
}

/** Entries whose validator is in the report, and whose top-up, where they came by one, the chain has applied. */
function effective(entries: readonly Entry[], report: Report, toppedUp: readonly string[]): Entry[] {
  const present = new Set(report.validators.map((o) => o.pubkey));
  const applied = new Set(toppedUp);
  return entries.filter((entry) => (entry.topUp === undefined ? present.has(entry.pubkey) : applied.has(entry.topUp)));
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

/**
 * Where rewards raise A, what a validator keeps of them is principal like what was deposited: it may be asked for, and compounds meanwhile. Only what
 * is owed beside A and not collected yet stays a reward.
 */
function kept({ mode, credited, collected }: Pool, validators: PoolValidator[]): PoolValidator[] {
  if (mode === 'payout') return validators;
  let open = credited - collected;
  return validators.map((v) => {
    const owed = smaller(larger<bigint>(v.booked - v.principal, 0n), open);
    open -= owed;
    return { ...v, principal: amount(v.booked - owed) };
  });
}

/** What a report did, whole. */
export interface Applied extends Opened {
  readonly minted: readonly { readonly partId: string; readonly clientId: string; readonly shares: Shares }[];
  readonly netted: readonly Netted[];
  readonly setAside: Amount;
}
/** Of a stake in no batch: what paid those who leave, and the shares that it got for it. */
export interface Netted {
  readonly orderId: string;
  readonly clientId: string;
  readonly amount: Amount;
  readonly shares: Shares;
}
