import { amount, ok, type Amount, type Result } from '#kernel';
import { PREDEPOSIT } from '../batches/batch.js';
import { judge, place, type Candidate, type Verdict } from './allocation.js';
import { capFor, type Cap } from './caps.js';

/** A pool's candidates and caps, read in one transaction. */
export interface Field {
  readonly candidates: readonly Candidate[];
  readonly caps: readonly Cap[];
  /** Where the caps stand: `*` or the pool's own. */
  readonly policy: { readonly poolId: string; readonly version: number };
  /** What a whole validator of the pool holds. */
  readonly size: bigint;
}

/** Who runs a new validator, with why. Refusals: allocation.no_operator, allocation.over_caps. */
export function chooseOperator(field: Field, units: Amount): Result<{ operatorId: string; allocation: object }> {
  const placed = place(field.candidates, field.caps, units, field.size);
  if (!placed.ok) return placed;
  const { operatorId, rule, verdicts } = placed.value;
  return ok({ operatorId, allocation: explain(field, rule, verdicts) });
}

/** How much of a top-up its operator has room for, whole ETH, with why; null: none. A cap of validators counts here: a new one is below any. */
export function mayGrow(
  field: Field,
  operatorId: string,
  { principal }: { readonly principal: Amount },
  wish: Amount,
): { amount: Amount; allocation: object } | null {
  const most = capFor(field.caps, 'validator', '*', 0n, field.size);
  let units: bigint = most !== null && principal + wish > most ? most - principal : wish;
  for (;;) {
    units -= units > 0n ? units % PREDEPOSIT : 0n;
    if (units < PREDEPOSIT) return null;
    const verdicts = judge(field.candidates, field.caps, units, field.size);
    const own = verdicts.find((verdict) => verdict.operatorId === operatorId);
    if (!own || own.reasons.some((reason) => reason !== 'operator.over_caps')) return null;
    if (own.reasons.length === 0)
      return { amount: amount(units), allocation: explain(field, 'the oldest validator with room is filled', verdicts) };
    units = own.room;
  }
}

/** As it is kept and shown: amounts as decimal strings of base units. */
const explain = ({ policy }: Field, rule: string, verdicts: readonly Verdict[]): object => ({
  rule,
  caps: `${policy.poolId}, version ${policy.version}`,
  operators: verdicts.map(({ operatorId, stake, capacity, room, reasons, score }) => ({
    operator_id: operatorId,
    stake_atomic: stake.toString(),
    capacity_atomic: capacity?.toString() ?? null,
    room_atomic: room.toString(),
    reasons_against: reasons,
    score: score.score,
    terms: score.terms,
  })),
});
