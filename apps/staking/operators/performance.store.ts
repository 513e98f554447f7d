import type { EntityManager } from 'typeorm';
import type { DutyPerformance } from '#chains';
import type { Amount } from '#kernel';
import type { Validator } from '../exits/validator.entity.js';
import { PerformanceRow, PerformanceWindow } from './performance.entity.js';
import type { Totals } from './performance.js';

export async function lastEpoch(em: EntityManager, poolId: string): Promise<bigint | null> {
  const [row]: [{ last: string | null }] = await em.query(
    'SELECT max(to_epoch)::text AS last FROM staking.performance_window WHERE pool_id = $1',
    [poolId],
  );
  return row.last === null ? null : BigInt(row.last);
}

/** Once a window: false when another has kept it. */
export async function keepWindow(em: EntityManager, window: PerformanceWindow, rows: readonly PerformanceRow[]): Promise<boolean> {
  const kept = await em.createQueryBuilder().insert().into(PerformanceWindow).values(window).orIgnore().returning('pool_id').execute();
  if ((kept.raw as unknown[]).length === 0) return false;
  for (let from = 0; from < rows.length; from += 1_000) await em.insert(PerformanceRow, rows.slice(from, from + 1_000));
  return true;
}

export const rowOf = (duty: DutyPerformance, { poolId, operatorId }: Validator, fromEpoch: bigint, toEpoch: bigint): PerformanceRow =>
  Object.assign(new PerformanceRow(), { ...duty, fromEpoch, toEpoch, poolId, operatorId });

/** What each vote was worth, as voteEffectiveness has it, times what stood behind it. */
const WEIGHTED = `sum(CASE WHEN expected_attestations * 40 + expected_heads * 14 = 0 THEN 0 ELSE
    stake_epochs * div((source_correct * 14 + target_correct * 26 + head_correct * 14) * 10000::numeric, expected_attestations * 40 + expected_heads * 14) END)`;
const TOTALS = `count(DISTINCT pubkey)::int AS validators, sum(active_epochs)::text AS "activeEpochs", sum(stake_epochs)::text AS "stakeEpochs",
  sum(expected_attestations)::text AS "expectedAttestations", sum(included)::text AS included, sum(source_correct)::text AS "sourceCorrect",
  sum(target_correct)::text AS "targetCorrect", sum(expected_heads)::text AS "expectedHeads", sum(head_correct)::text AS "headCorrect",
  CASE WHEN count(delay_slots) = count(*) THEN sum(delay_slots)::text END AS "delaySlots",
  sum(expected_proposals)::text AS "expectedProposals", sum(proposals)::text AS proposals, trunc(${WEIGHTED})::text AS weighted`;

type Row = { readonly [K in keyof Totals]: Totals[K] extends number ? number : string } & { readonly delaySlots: string | null };

const totalsOf = (row: Row): Totals => ({
  validators: row.validators,
  activeEpochs: BigInt(row.activeEpochs),
  stakeEpochs: BigInt(row.stakeEpochs) as Amount,
  expectedAttestations: BigInt(row.expectedAttestations),
  included: BigInt(row.included),
  sourceCorrect: BigInt(row.sourceCorrect),
  targetCorrect: BigInt(row.targetCorrect),
  expectedHeads: BigInt(row.expectedHeads),
  headCorrect: BigInt(row.headCorrect),
  delaySlots: row.delaySlots === null ? null : BigInt(row.delaySlots),
  expectedProposals: BigInt(row.expectedProposals),
  proposals: BigInt(row.proposals),
  weighted: BigInt(row.weighted),
});

/**
 * The newest epoch that could have been looked at: what the last look found and the time since, so that a record which no longer grows grows old.
 * A pool whose network is not known yet has none.
 */
const NEWEST = `(SELECT coalesce(max(w.to_epoch + greatest(floor(extract(epoch FROM $2::timestamptz - w.collected_at)
    / ((p.network ->> 'secondsPerSlot')::numeric * (p.network ->> 'slotsPerEpoch')::numeric)), 0)), 0)
  FROM staking.performance_window w JOIN staking.pool p ON p.id = w.pool_id)`;

/** Of the newest `epochs` epochs before a time; an operator of which nothing is known of these is not among them. */
export async function totalsByOperator(em: EntityManager, epochs: number, at: Date): Promise<Map<string, Totals>> {
  const rows: (Row & { id: string })[] = await em.query(
    `SELECT operator_id AS id, ${TOTALS} FROM staking.performance
      WHERE operator_id IS NOT NULL AND to_epoch > ${NEWEST} - $1::bigint
      GROUP BY operator_id`,
    [epochs, at],
  );
  return new Map(rows.map((row) => [row.id, totalsOf(row)]));
}

export interface WindowTotals extends Totals {
  readonly poolId: string;
  readonly fromEpoch: bigint;
  readonly toEpoch: bigint;
}
/** An operator's windows among the newest of all, newest first: no more of its record is read. */
export async function windowsOf(em: EntityManager, operatorId: string, most: number): Promise<WindowTotals[]> {
  const rows: (Row & { poolId: string; fromEpoch: string; toEpoch: string })[] = await em.query(
    `SELECT pool_id AS "poolId", from_epoch::text AS "fromEpoch", to_epoch::text AS "toEpoch", ${TOTALS} FROM staking.performance
      WHERE operator_id = $1 AND to_epoch >= (SELECT coalesce(min(to_epoch), 0)
        FROM (SELECT to_epoch FROM staking.performance_window ORDER BY to_epoch DESC LIMIT $2) newest)
      GROUP BY pool_id, from_epoch, to_epoch ORDER BY to_epoch DESC, pool_id LIMIT $2`,
    [operatorId, most],
  );
  return rows.map((row) => ({ ...totalsOf(row), poolId: row.poolId, fromEpoch: BigInt(row.fromEpoch), toEpoch: BigInt(row.toEpoch) }));
}

export interface ValidatorTotals extends Totals {
  readonly pubkey: string;
}
/** Of each validator of an operator, over the newest `epochs` epochs before a time; the least effective first. */
export async function totalsByValidator(
  em: EntityManager,
  operatorId: string,
  { epochs, at, most }: { readonly epochs: number; readonly at: Date; readonly most: number },
): Promise<ValidatorTotals[]> {
  const rows: (Row & { pubkey: string })[] = await em.query(
    `SELECT pubkey, ${TOTALS} FROM staking.performance
      WHERE operator_id = $3 AND to_epoch > ${NEWEST} - $1::bigint
      GROUP BY pubkey ORDER BY ${WEIGHTED} / greatest(sum(stake_epochs), 1), pubkey LIMIT $4`,
    [epochs, at, operatorId, most],
  );
  return rows.map((row) => ({ ...totalsOf(row), pubkey: row.pubkey }));
}
