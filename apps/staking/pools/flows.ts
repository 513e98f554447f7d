import { amount, ok, refuse, smaller, ZERO, type Amount, type Result } from '#kernel';
import type { Move } from './moves.js';
import type { Known, Report } from './report.js';
import type { Gain, Observation, Outflow, PoolValidator } from './rewards.js';

/** What came into validators beside rewards. */
export interface Inflow {
  readonly toppedUp: readonly string[];
  readonly given: readonly { readonly pubkey: string; readonly amount: Amount }[];
  readonly gains: readonly Gain[];
  /** Principal by validator, with what was added and what was merged. */
  readonly principals: ReadonlyMap<string, Amount>;
  readonly moves: readonly Move[];
  readonly mergers: readonly Move[];
}

/**
 * Ours is what we sent: top-ups, and stake of a validator of this pool that two people had merged into another of it. What is left over
 * was given by somebody: the protocol lets anybody deposit to, and merge into, a validator of ours. Stake that went elsewhere is not booked:
 * only our own vault can have asked for that. Refusals: report.merger_unknown, report.inconsistent.
 */
export function inflowsOf(report: Report, { validators, topUps, mergers }: Known): Result<Inflow> {
  const principals = new Map(validators.map((v) => [v.pubkey, principalOf(v)]));
  const add = (pubkey: string, units: bigint): unknown => principals.set(pubkey, amount((principals.get(pubkey) ?? 0n) + units));
  const merged = mergersOf(report.validators, mergers);
  if (!merged.ok) return merged;
  const sent = new Map(topUps.map((t) => [t.pubkey, t])); // at most one a validator
  const mergedInto = new Map<string, bigint>();
  for (const { target, amount: units } of merged.value) mergedInto.set(target, (mergedInto.get(target) ?? 0n) + units);
  const toppedUp: string[] = [];
  const given: { pubkey: string; amount: Amount }[] = [];
  const gains: Gain[] = [];
  const moves: Move[] = [];
  for (const o of report.validators) {
    const toppingUp = sent.get(o.pubkey);
    const ours = toppingUp !== undefined && toppingUp.amount <= o.deposited ? toppingUp : null;
    if (ours) {
      toppedUp.push(ours.batchId);
      add(o.pubkey, ours.amount);
      moves.push({ kind: 'validator.activate', pubkey: o.pubkey, amount: ours.amount });
    }
    const into = mergedInto.get(o.pubkey) ?? 0n;
    if (into > o.consolidatedIn)
      return refuse('report.inconsistent', 'Less came out of a merger than went into it.', { pubkey: o.pubkey, merged: String(into) });
    const gift = amount(o.deposited - (ours?.amount ?? 0n) + o.consolidatedIn - into);
    if (gift > 0n) given.push({ pubkey: o.pubkey, amount: gift });
    gains.push({ pubkey: o.pubkey, change: o.reward + gift });
  }
  for (const { pubkey, target, amount: units } of merged.value) {
    const principal = smaller<bigint>(principals.get(pubkey) ?? 0n, units);
    add(pubkey, 0n - principal);
    add(target, principal);
  }
  return ok({ toppedUp, given, gains, principals, moves, mergers: merged.value });
}

type Merger = Extract<Move, { readonly kind: 'validator.consolidate' }>;

function mergersOf(observations: readonly Observation[], known: ReadonlyMap<string, string>): Result<Merger[]> {
  const observed = new Set(observations.map((o) => o.pubkey));
  const moves: Merger[] = [];
  for (const { pubkey, consolidatedOut } of observations) {
    if (consolidatedOut === 0n) continue;
    const target = known.get(pubkey);
    if (target === undefined || !observed.has(target))
      return refuse('report.merger_unknown', 'A validator was merged into one that nobody of us had it merged into.', { pubkey });
    moves.push({ kind: 'validator.consolidate', pubkey, target, amount: consolidatedOut });
  }
  return ok(moves);
}

/** What a report left empty has no principal any more: what comes afterwards is what somebody put in late. */
const principalOf = ({ reported, booked, principal }: PoolValidator): Amount => (reported && booked === 0n ? ZERO : principal);

/** A validator that holds nothing any more has paid out all it had, also while a late deposit still waits for it. */
export const outflowsOf = (report: Report, { askedOf }: Known, principals: ReadonlyMap<string, Amount>): Outflow[] =>
  report.validators.map(({ pubkey, closing, withdrawn }) => {
    const emptied = closing === 0n;
    const asked = emptied ? ZERO : smaller(askedOf.get(pubkey) ?? ZERO, withdrawn);
    return { pubkey, closing, withdrawn, emptied, asked, principal: principals.get(pubkey) ?? ZERO };
  });
