import type { EntityManager } from 'typeorm';
import { parseSums, rateWindows, type RateSums, type RateWindow } from '#kernel';
import type { PoolReport } from '../pools/pool.entity.js';
import { PoolReport as Reports } from '../pools/pool.entity.js';

/** What reports `r` add to a rate, where $2 is the seconds of a slot. */
const SUMS = `coalesce(sum(r.to_slot - r.from_slot), 0)::numeric * $2 AS seconds,
  coalesce(sum(r.principal * (r.to_slot - r.from_slot)), 0) * $2 AS exposure,
  coalesce(sum(r.reward), 0)::text AS reward, coalesce(sum(r.commission), 0)::text AS commission, coalesce(sum(r.covered), 0)::text AS covered,
  coalesce(sum(r.priority_fees), 0)::text AS "priorityFees", coalesce(sum(r.mev), 0)::text AS mev, count(*)::text AS samples`;

type Row = Record<keyof RateSums, string>;

/** Reports numbered above `after` up to `to`. Reads those and no others, however long the history. */
export async function sumsBetween(em: EntityManager, poolId: string, slotSeconds: number, after: number, to: number): Promise<RateSums> {
  const [row]: Row[] = await em.query(
    `SELECT ${SUMS} FROM staking.pool_report r WHERE r.pool_id = $1 AND r.number > $3 AND r.number <= $4`,
    [poolId, slotSeconds, after, to],
  );
  return parseSums(row as Row);
}

/**
 * The last report before a window that ends with report `to`: the window holds whole periods only, and at least the newest. Walks back
 * along the key and stops at the window's beginning.
 */
export async function windowBefore(
  em: EntityManager,
  poolId: string,
  slotSeconds: number,
  window: Exclude<RateWindow, 'inception'>,
  to: number,
): Promise<number> {
  const [row]: { number: number }[] = await em.query(
    `SELECT r.number FROM staking.pool_report r
       JOIN staking.pool_report newest ON newest.pool_id = r.pool_id AND newest.number = $2
      WHERE r.pool_id = $1 AND r.number < $2 AND (newest.to_slot - r.from_slot) * $3::numeric > $4
      ORDER BY r.number DESC LIMIT 1`,
    [poolId, to, slotSeconds, rateWindows[window].toString()],
  );
  return row?.number ?? 0;
}

export async function appliedAt(em: EntityManager, poolId: string, number: number): Promise<Date | null> {
  return (await em.findOneBy(Reports, { poolId, number }))?.appliedAt ?? null;
}

/** Newest first, those before `number`. */
export const reportsBefore = (em: EntityManager, poolId: string, number: number | undefined, limit: number): Promise<PoolReport[]> => {
  const query = em.createQueryBuilder(Reports, 'r').where('r.poolId = :poolId', { poolId });
  if (number !== undefined) query.andWhere('r.number < :number', { number });
  return query.orderBy('r.number', 'DESC').limit(limit).getMany();
};

/** What the reports of one day (UTC, by when they were applied) add up to. */
export interface Day {
  /** YYYY-MM-DD */
  readonly day: string;
  readonly first: number;
  readonly last: number;
  readonly sums: RateSums;
}
type DayRow = Row & { readonly day: string; readonly first: number; readonly last: number };

/** Days of the newest `most` reports before a number, newest first; the last of them may be cut. */
export async function daysBefore(
  em: EntityManager,
  poolId: string,
  slotSeconds: number,
  number: number | undefined,
  most: number,
): Promise<{ days: Day[]; reports: number }> {
  const rows: DayRow[] = await em.query(
    `SELECT to_char(r.applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, min(r.number) AS first, max(r.number) AS last, ${SUMS}
       FROM (SELECT * FROM staking.pool_report WHERE pool_id = $1 AND ($3::int IS NULL OR number < $3) ORDER BY number DESC LIMIT $4) r
      GROUP BY 1 ORDER BY 3 DESC`,
    [poolId, slotSeconds, number ?? null, most],
  );
  const days = rows.map((row) => ({ day: row.day, first: row.first, last: row.last, sums: parseSums(row) }));
  return { days, reports: Number(days.reduce((sum, { sums }) => sum + sums.samples, 0n)) };
}

export const reportsNumbered = (em: EntityManager, poolId: string, numbers: readonly number[]): Promise<PoolReport[]> =>
  em.createQueryBuilder(Reports, 'r').where('r.poolId = :poolId AND r.number = ANY(:numbers)', { poolId, numbers }).getMany();
