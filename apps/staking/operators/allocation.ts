import { ok, refuse, smaller, type Result } from '#kernel';
import { capFor, shareOf, type Cap } from './caps.js';
import type { OperatorState } from './operator.js';
import { scoreMerits, type Merits, type Score } from './score.js';

/** An operator as allocation sees it, of one pool. */
export interface Candidate {
  readonly id: string;
  readonly state: OperatorState;
  readonly jurisdiction: string;
  readonly clientType: string;
  /** Of this pool: what it runs and will run, without what is leaving. */
  readonly stake: bigint;
  readonly stakeLimitBps: number;
  /** A soft or forced target: it is to hold no more. */
  readonly target: bigint | null;
  readonly contractRuns: boolean;
  /** Of its newest assessment: whether it holds now. */
  readonly assessed: boolean;
  /** Validators of it that are slashed and still there. */
  readonly slashedNow: number;
  /** Keys of it whose withdrawals are not known to come to us. */
  readonly unverifiedMediums: number;
  readonly merits: Omit<Merits, 'stake' | 'capacity'>;
}

export interface Verdict {
  readonly operatorId: string;
  readonly stake: bigint;
  /** What it may hold when this is placed; null: no cap. */
  readonly capacity: bigint | null;
  readonly room: bigint;
  /** Why it takes nothing; empty: it may. */
  readonly reasons: readonly string[];
  readonly score: Score;
}
export interface Placement {
  readonly operatorId: string;
  readonly amount: bigint;
  readonly rule: string;
  /** Of all operators, by name. */
  readonly verdicts: readonly Verdict[];
}

/** Operators as good as the best within this many basis points share alike; a worse one gets what they have no room for. */
export const SCORE_BAND_BPS = 2_000;

/** Why an operator may be given nothing at all, whatever room it has. */
export function reasonsAgainst(candidate: Candidate): string[] {
  return [
    ...(candidate.state === 'active' ? [] : [`operator.${candidate.state}`]),
    ...(candidate.contractRuns ? [] : ['operator.contract_ended']),
    ...(candidate.assessed ? [] : ['operator.assessment_expired']),
    ...(candidate.slashedNow === 0 ? [] : ['operator.slashed']),
    ...(candidate.unverifiedMediums === 0 ? [] : ['operator.medium_unverified']),
  ];
}

/** What an operator may hold once the pool holds `total`: the least of its own limit, its target and every cap that it falls under. Null: none. */
function capacityOf(candidate: Candidate, all: readonly Candidate[], caps: readonly Cap[], total: bigint, size: bigint): bigint | null {
  const beside = (same: (other: Candidate) => boolean): bigint =>
    all.filter((other) => other.id !== candidate.id && same(other)).reduce((sum, other) => sum + other.stake, 0n);
  const shared = (limit: bigint | null, others: bigint): bigint | null => (limit === null ? null : limit > others ? limit - others : 0n);
  const limits = [
    candidate.stakeLimitBps >= 10_000 ? null : shareOf(total, candidate.stakeLimitBps, size),
    candidate.target,
    capFor(caps, 'operator', candidate.id, total, size),
    shared(
      capFor(caps, 'jurisdiction', candidate.jurisdiction, total, size),
      beside((other) => other.jurisdiction === candidate.jurisdiction),
    ),
    shared(
      capFor(caps, 'client_type', candidate.clientType, total, size),
      beside((other) => other.clientType === candidate.clientType),
    ),
  ];
  return limits.reduce<bigint | null>((least, limit) => (limit !== null && (least === null || limit < least) ? limit : least), null);
}

/**
 * What is to be said of every operator when `amount` is to be placed. `size`: what a whole validator of the pool holds; `beside`: what of the
 * pool is nobody's yet and will be placed too, so that shares are of the whole. By name.
 */
export function judge(candidates: readonly Candidate[], caps: readonly Cap[], amount: bigint, size: bigint, beside = 0n): Verdict[] {
  const total = candidates.reduce((sum, { stake }) => sum + stake, 0n) + amount + beside;
  return [...candidates]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((candidate) => {
      const capacity = capacityOf(candidate, candidates, caps, total, size);
      const reasons = reasonsAgainst(candidate);
      const room = reasons.length > 0 ? 0n : capacity === null ? amount : capacity > candidate.stake ? capacity - candidate.stake : 0n;
      if (reasons.length === 0 && room < amount) reasons.push('operator.over_caps');
      const score = scoreMerits({ ...candidate.merits, stake: candidate.stake, capacity });
      return { operatorId: candidate.id, stake: candidate.stake, capacity, room, reasons, score };
    });
}

/**
 * Which operator runs the next validator: hard caps first; of those with room, the ones that score about as well as the best; of those, the
 * least filled. Level ones: the better score, then the name. Refusals: allocation.no_operator (none may take anything), allocation.over_caps.
 */
export function place(
  candidates: readonly Candidate[],
  caps: readonly Cap[],
  amount: bigint,
  size: bigint,
  beside = 0n,
): Result<Placement> {
  const verdicts = judge(candidates, caps, amount, size, beside);
  const able = verdicts.filter(({ reasons }) => reasons.length === 0);
  const best = Math.max(...able.map(({ score }) => score.score));
  const good = able.filter(({ score }) => score.score >= best - SCORE_BAND_BPS);
  const [first] = good.sort((a, b) => byLevel(a, b) || b.score.score - a.score.score || (a.operatorId < b.operatorId ? -1 : 1));
  if (!first) return nobody(verdicts);
  const rule = `${able.length} of ${verdicts.length} have room, ${good.length} within ${SCORE_BAND_BPS} bps of the best score, least filled first`;
  return ok({ operatorId: first.operatorId, amount, rule, verdicts });
}

const byLevel = (a: Verdict, b: Verdict): number => (a.stake < b.stake ? -1 : a.stake > b.stake ? 1 : 0);

function nobody(verdicts: readonly Verdict[]): Result<Placement> {
  const facts = Object.fromEntries(verdicts.map(({ operatorId, reasons }) => [operatorId, reasons.join(', ')]));
  return verdicts.some(({ reasons }) => reasons.length === 1 && reasons[0] === 'operator.over_caps')
    ? refuse('allocation.over_caps', 'Every operator that may take stake holds as much as it may.', facts)
    : refuse('allocation.no_operator', 'No operator may take stake now.', facts);
}

/**
 * Over whom a sum would be spread, one validator after the other as `place` has it: what one is given fills the caps that it shares with
 * others. `beside`: what else of the pool is nobody's. By operator, only who is given something; what has no room stays out.
 */
export function spread(
  candidates: readonly Candidate[],
  caps: readonly Cap[],
  amount: bigint,
  size: bigint,
  beside = 0n,
): Map<string, bigint> {
  const given = new Map<string, bigint>();
  const held = new Map(candidates.map((candidate) => [candidate.id, candidate]));
  for (let left = amount; left > 0n;) {
    const piece = smaller(size, left);
    const placed = place([...held.values()], caps, piece, size, beside + left - piece);
    if (!placed.ok) break;
    const { operatorId } = placed.value;
    const taker = held.get(operatorId);
    if (taker) held.set(operatorId, { ...taker, stake: taker.stake + piece });
    given.set(operatorId, (given.get(operatorId) ?? 0n) + piece);
    left -= piece;
  }
  return given;
}
