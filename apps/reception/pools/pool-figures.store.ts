import type { EntityManager } from 'typeorm';
import type { PayoutRunPostedV1, ReportAppliedV1 } from '#messages';

/** What all shares of a pool claimed together, as of the last applied report. */
export interface PoolFigure {
  readonly poolId: string;
  readonly poolAssets: bigint;
  readonly poolShares: bigint;
}

/** Keeps the newest report's figures. */
export async function keepFigure(em: EntityManager, report: ReportAppliedV1, at: Date): Promise<void> {
  await em.query(
    `INSERT INTO reception.pool_figure AS f (pool_id, number, pool_assets, pool_shares, updated_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (pool_id) DO UPDATE SET number = excluded.number, pool_assets = excluded.pool_assets, pool_shares = excluded.pool_shares,
       updated_at = excluded.updated_at WHERE f.number < excluded.number`,
    [report.poolId, report.number, report.poolAssets, report.poolShares, at],
  );
}

export async function figures(em: EntityManager): Promise<Map<string, PoolFigure>> {
  const rows = await em.query<{ poolId: string; poolAssets: string; poolShares: string }[]>(
    'SELECT pool_id AS "poolId", pool_assets AS "poolAssets", pool_shares AS "poolShares" FROM reception.pool_figure',
  );
  return new Map(
    rows.map((row) => [row.poolId, { poolId: row.poolId, poolAssets: BigInt(row.poolAssets), poolShares: BigInt(row.poolShares) }]),
  );
}

export async function keepPayoutRun(em: EntityManager, run: PayoutRunPostedV1, at: Date): Promise<void> {
  await em.query(
    'INSERT INTO reception.payout_run (run_id, pool_id, total, lines, posted_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (run_id) DO NOTHING',
    [run.runId, run.poolId, run.total, run.lines, at],
  );
}

/** When rewards of a pool were last paid out, or null: never yet. */
export async function lastPayout(em: EntityManager): Promise<Date | null> {
  const [row] = await em.query<{ at: Date | null }[]>('SELECT max(posted_at) AS at FROM reception.payout_run');
  return row?.at ?? null;
}
