import type { EntityManager } from 'typeorm';
import type { Position } from '#http';
import { amount, type Amount, type AssetCode } from '#kernel';

/** A line of a payout run, as its client sees it. */
export interface Earning {
  readonly id: string;
  readonly runId: string;
  readonly poolId: string;
  readonly productId: string;
  readonly chain: string;
  readonly asset: AssetCode;
  readonly amount: Amount;
  readonly commissionBps: number;
  readonly reportNumber: number;
  readonly reportEpoch: string | null;
  readonly createdAt: Date;
  readonly paidAt: Date | null;
}

const LINES = `
  SELECT l.id, l.run_id AS "runId", r.pool_id AS "poolId", p.product_id AS "productId", p.chain, r.asset, CASE l.state WHEN 'held' THEN l.owed ELSE l.amount END::text AS amount,
         p.commission_bps AS "commissionBps", r.report_number AS "reportNumber", r.report_epoch::text AS "reportEpoch",
         l.created_at AS "createdAt", l.paid_at AS "paidAt"
    FROM rewards.payout_line l JOIN rewards.payout_run r ON r.id = l.run_id JOIN rewards.pool p ON p.id = r.pool_id`;

type Row = Omit<Earning, 'amount'> & { readonly amount: string };
const read = (rows: readonly Row[]): Earning[] => rows.map((row) => ({ ...row, amount: amount(BigInt(row.amount)) }));

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
