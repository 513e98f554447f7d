import type { EntityManager } from 'typeorm';
import type { Position } from '#http';
import { amount, type Amount, type AssetCode } from '#kernel';
import type { Mix } from './earning.js';

/** A line of a payout run, as its client sees it. */
export interface Earning {
  readonly id: string;
  readonly runId: string;
  readonly poolId: string;
  readonly productId: string;
  readonly chain: string;
  readonly asset: AssetCode;
  readonly amount: Amount;
  readonly state: string;
  /** The standard commission in force when the run was planned. */
  readonly commissionBps: number;
  /** Some clients of the pool pay another commission than the standard one; who, this room is not told. */
  readonly tiered: boolean;
  /** The reports that it stands for: those after the client's payment before, up to the run's. */
  readonly afterReport: number;
  readonly reportNumber: number;
  readonly afterEpoch: string | null;
  readonly reportEpoch: string | null;
  readonly block: string | null;
  readonly blockRoot: string | null;
  /** What the pool earned in these reports. */
  readonly mix: Mix;
  readonly createdAt: Date;
  readonly paidAt: Date | null;
}

const sinceThen = (column: string): string => `(coalesce(up.${column}, 0) - coalesce(past.${column}, 0))`;
/** Each line with the difference of two running totals: its price does not grow with the reports between. */
const LINES = `
  SELECT l.id, l.run_id AS "runId", r.pool_id AS "poolId", p.product_id AS "productId", p.chain, r.asset, CASE l.state WHEN 'held' THEN l.owed ELSE l.amount END::text AS amount, l.state,
         coalesce(fee.bps, p.commission_bps) AS "commissionBps",
         EXISTS (SELECT 1 FROM rewards.fee_schedule t WHERE t.pool_id = r.pool_id AND t.tier <> 'standard' AND t.effective_at <= r.created_at) AS tiered,
         coalesce(before.number, 0) AS "afterReport", r.report_number AS "reportNumber",
         first.to_epoch::text AS "afterEpoch", r.report_epoch::text AS "reportEpoch", last.to_block::text AS block, last.to_block_root AS "blockRoot",
         ${sinceThen('reward')}::text AS reward, ${sinceThen('priority_fees')}::text AS fees, ${sinceThen('mev')}::text AS mev,
         l.created_at AS "createdAt", l.paid_at AS "paidAt"
    FROM rewards.payout_line l JOIN rewards.payout_run r ON r.id = l.run_id JOIN rewards.pool p ON p.id = r.pool_id
    LEFT JOIN LATERAL (
      SELECT r2.report_number AS number FROM rewards.payout_line l2 JOIN rewards.payout_run r2 ON r2.id = l2.run_id
       WHERE l2.client_id = l.client_id AND l2.state = 'paid' AND l2.created_at < l.created_at AND r2.pool_id = r.pool_id
       ORDER BY l2.created_at DESC LIMIT 1) before ON true
    LEFT JOIN LATERAL (
      SELECT commission_bps AS bps FROM rewards.fee_schedule f
       WHERE f.pool_id = r.pool_id AND f.tier = 'standard' AND f.effective_at <= r.created_at ORDER BY f.effective_at DESC, f.version DESC LIMIT 1) fee ON true
    LEFT JOIN rewards.rate_total up ON up.pool_id = r.pool_id AND up.number = r.report_number
    LEFT JOIN rewards.rate_total past ON past.pool_id = r.pool_id AND past.number = before.number
    LEFT JOIN rewards.report first ON first.pool_id = r.pool_id AND first.number = before.number AND first.state = 'applied'
    LEFT JOIN rewards.report last ON last.pool_id = r.pool_id AND last.number = r.report_number AND last.state = 'applied'`;

type Row = Omit<Earning, 'amount' | 'mix'> & {
  readonly amount: string;
  readonly reward: string;
  readonly fees: string;
  readonly mev: string;
};
const read = (rows: readonly Row[]): Earning[] =>
  rows.map(({ reward, fees, mev, ...row }) => {
    const [priorityFees, mevs] = [BigInt(fees), BigInt(mev)];
    return {
      ...row,
      amount: amount(BigInt(row.amount)),
      mix: { consensus: BigInt(reward) - priorityFees - mevs, priorityFees, mev: mevs },
    };
  });

/** What a client was paid, newest first. */
export async function paidTo(em: EntityManager, clientId: string, limit: number, before: Position | undefined): Promise<Earning[]> {
  return read(
    await em.query(
      `${LINES} WHERE l.client_id = $1 AND l.state = 'paid' AND ($2::timestamptz IS NULL OR (l.paid_at, l.id) < ($2, $3::uuid))
       ORDER BY l.paid_at DESC, l.id DESC LIMIT $4`,
      [clientId, before?.createdAt ?? null, before?.id ?? null, limit],
    ),
  );
}

/** The runs that have a line of a client, newest first, paid or not; a run that is not approved is not yet a promise. */
export async function linesOfClient(em: EntityManager, clientId: string, limit: number, before: Position | undefined): Promise<Earning[]> {
  return read(
    await em.query(
      `${LINES} WHERE l.client_id = $1 AND l.state <> 'below_threshold' AND r.state NOT IN ('planned', 'dry_run', 'disputed', 'cancelled')
        AND ($2::timestamptz IS NULL OR (l.created_at, l.id) < ($2, $3::uuid)) ORDER BY l.created_at DESC, l.id DESC LIMIT $4`,
      [clientId, before?.createdAt ?? null, before?.id ?? null, limit],
    ),
  );
}

export async function lineOfClient(em: EntityManager, clientId: string, runId: string): Promise<Earning | null> {
  const rows: Row[] = await em.query(
    `${LINES} WHERE l.client_id = $1 AND l.run_id = $2 AND l.state <> 'below_threshold' AND r.state NOT IN ('planned', 'dry_run', 'disputed', 'cancelled')`,
    [clientId, runId],
  );
  return read(rows)[0] ?? null;
}

export interface PaidSum {
  readonly asset: AssetCode;
  readonly paid: Amount;
  readonly payouts: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}
export async function sumsOf(em: EntityManager, clientId: string): Promise<PaidSum[]> {
  const rows: (Omit<PaidSum, 'paid'> & { paid: string })[] = await em.query(
    `SELECT r.asset, sum(l.amount)::text AS paid, count(*)::int AS payouts, min(l.paid_at) AS "firstAt", max(l.paid_at) AS "lastAt"
       FROM rewards.payout_line l JOIN rewards.payout_run r ON r.id = l.run_id WHERE l.client_id = $1 AND l.state = 'paid' GROUP BY r.asset ORDER BY r.asset`,
    [clientId],
  );
  return rows.map((row) => ({ ...row, paid: amount(BigInt(row.paid)) }));
}
