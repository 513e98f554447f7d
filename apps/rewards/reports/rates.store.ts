import type { EntityManager } from 'typeorm';
import { addSums, NO_SUMS, parseSums, rateWindows, subtractSums, type RateSums, type RateWindow } from '#kernel';
import type { Report } from './report.entity.js';

/** The sums of all applied reports of a pool up to one. */
export interface Total {
  readonly number: number;
  readonly appliedAt: Date;
  readonly sums: RateSums;
}

type Row = Record<keyof RateSums, string> & { readonly number: number; readonly appliedAt: Date };
const TOTAL = `SELECT number, applied_at AS "appliedAt", seconds::text, exposure::text, reward::text, commission::text, covered::text,
  priority_fees::text AS "priorityFees", mev::text, samples::text FROM rewards.rate_total WHERE pool_id = $1`;
const read = (rows: readonly Row[]): Total | null =>
  rows[0] ? { number: rows[0].number, appliedAt: rows[0].appliedAt, sums: parseSums(rows[0]) } : null;

export const lastTotal = async (em: EntityManager, poolId: string): Promise<Total | null> =>
  read(await em.query(`${TOTAL} ORDER BY number DESC LIMIT 1`, [poolId]));
export const totalAt = async (em: EntityManager, poolId: string, number: number): Promise<Total | null> =>
  read(await em.query(`${TOTAL} AND number = $2`, [poolId, number]));

/** Adds an applied report to the totals of its pool. The caller holds the pool. */
export async function addTotal(em: EntityManager, report: Report, appliedAt: Date): Promise<void> {
  const before = (await lastTotal(em, report.poolId))?.sums ?? NO_SUMS;
  const { seconds, principal, reward, covered, priorityFees, mev } = report;
  const mine = {
    seconds,
    exposure: principal * seconds,
    reward,
    commission: report.commission ?? 0n,
    covered,
    priorityFees,
    mev,
    samples: 1n,
  };
  const now = addSums(before, mine);
  const figures = [now.seconds, now.exposure, now.reward, now.commission, now.covered, now.priorityFees, now.mev, now.samples];
  await em.query(
    `INSERT INTO rewards.rate_total (pool_id, number, applied_at, seconds, exposure, reward, commission, covered, priority_fees, mev, samples)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [report.poolId, report.number, appliedAt, ...figures.map(String)],
  );
}

/** What a window that ends with `last` earned: whole periods only, and at least the newest. Two rows, however long the history. */
export async function windowSums(em: EntityManager, poolId: string, last: Total, window: RateWindow): Promise<RateSums> {
  const length = rateWindows[window];
  if (length === null || last.sums.seconds <= length) return last.sums;
  const first = read(
    await em.query(`${TOTAL} AND seconds >= $2 AND number < $3 ORDER BY seconds LIMIT 1`, [
      poolId,
      (last.sums.seconds - length).toString(),
      last.number,
    ]),
  );
  const before = first ?? (await totalAt(em, poolId, last.number - 1));
  return before ? subtractSums(last.sums, before.sums) : last.sums;
}
