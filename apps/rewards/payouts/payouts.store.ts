import { In, IsNull, Not, type EntityManager } from 'typeorm';
import type { Position } from '#http';
import { amount, invariant, uuid5, type Amount } from '#kernel';
import type { Pool } from '../pools/pool.entity.js';
import { lockPool } from '../pools/pools.store.js';
import { PayoutRun } from './payout.entity.js';
import type { HeldBecause, Line, Verdict } from './draft.js';

export const runOf = (em: EntityManager, id: string): Promise<PayoutRun | null> => em.findOneBy(PayoutRun, { id });

export async function lockRun(em: EntityManager, id: string): Promise<PayoutRun> {
  const run = await em.findOne(PayoutRun, { where: { id }, lock: { mode: 'pessimistic_write' } });
  invariant(run !== null, 'payout_run.unknown', { run: id });
  return run;
}
/** With its pool, which is held first: what its rate is worth does not change while it is decided on the run. */
export async function lockRunAndPool(em: EntityManager, id: string): Promise<{ run: PayoutRun; pool: Pool }> {
  const seen = await runOf(em, id);
  invariant(seen !== null, 'payout_run.unknown', { run: id });
  const pool = await lockPool(em, seen.poolId);
  return { run: await lockRun(em, id), pool };
}
export const insertRun = async (em: EntityManager, run: PayoutRun): Promise<void> => void (await em.insert(PayoutRun, run));
export const saveRun = async (em: EntityManager, { id, ...fields }: PayoutRun): Promise<void> =>
  void (await em.update(PayoutRun, { id }, fields));

/** The one run of a pool that is neither reconciled nor cancelled. */
export const openRun = (em: EntityManager, poolId: string): Promise<PayoutRun | null> =>
  em.findOneBy(PayoutRun, { poolId, state: Not(In(['reconciled', 'cancelled'])) });
export const lastRun = (em: EntityManager, poolId: string): Promise<PayoutRun | null> =>
  em.findOne(PayoutRun, { where: { poolId, state: 'reconciled' }, order: { createdAt: 'DESC', id: 'DESC' } });
/** Drawn up, and not worked out again yet. */
export const runsToVerify = (em: EntityManager): Promise<PayoutRun[]> =>
  em.find(PayoutRun, { where: { state: 'dry_run', verifiedHash: IsNull() }, order: { createdAt: 'ASC' } });
/** Runs that wait for nobody but us. */
export const runsToPost = (em: EntityManager): Promise<PayoutRun[]> =>
  em.find(PayoutRun, { where: { state: In(['approved', 'posting', 'posted']) }, order: { createdAt: 'ASC' } });

export function pageOfRuns(
  em: EntityManager,
  filter: { state?: string },
  limit: number,
  before: Position | undefined,
): Promise<PayoutRun[]> {
  const query = em.createQueryBuilder(PayoutRun, 'r');
  if (filter.state !== undefined) query.andWhere('r.state = :state', filter);
  if (before) query.andWhere('(r.createdAt, r.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('r.createdAt', 'DESC').addOrderBy('r.id', 'DESC').limit(limit).getMany();
}

/** One line a run and client, for ever: its id is the key of its posting. */
export const lineId = (runId: string, clientId: string): string => uuid5('payout', runId, clientId);

/** Of a run that nothing has been paid of. */
export const dropLines = async (em: EntityManager, runId: string): Promise<void> =>
  void (await em.query('DELETE FROM rewards.payout_line WHERE run_id = $1', [runId]));

export async function insertLines(em: EntityManager, runId: string, lines: readonly Line[], at: Date): Promise<void> {
  await em.query(
    `INSERT INTO rewards.payout_line (id, run_id, client_id, owed, amount, state, reason, restake_product, created_at)
     SELECT l.id, $1, l.client_id, l.owed, l.amount, l.state, l.reason, l.restake_product, $9
       FROM unnest($2::uuid[], $3::uuid[], $4::numeric[], $5::numeric[], $6::text[], $7::text[], $8::text[])
         AS l (id, client_id, owed, amount, state, reason, restake_product)`,
    [
      runId,
      lines.map((line) => lineId(runId, line.clientId)),
      lines.map((line) => line.clientId),
      lines.map((line) => line.owed.toString()),
      lines.map((line) => line.amount.toString()),
      lines.map((line) => line.state),
      lines.map((line) => line.reason),
      lines.map((line) => line.restakeProduct),
      at,
    ],
  );
}

export interface PendingLine {
  readonly id: string;
  readonly clientId: string;
  readonly amount: Amount;
  readonly restakeProduct: string | null;
}

/** A line whose turn it is. */
export interface NextLine extends PendingLine {
  /** Whoever is no client any more is not paid, since when ever that is. */
  readonly closed: boolean;
}

/** The next lines to be paid after a client, in the order of clients. */
export async function nextLines(em: EntityManager, runId: string, after: string | null, limit: number): Promise<NextLine[]> {
  const rows: (Omit<NextLine, 'amount'> & { readonly amount: string })[] = await em.query(
    `SELECT l.id, l.client_id AS "clientId", l.amount::text, l.restake_product AS "restakeProduct", s.client_id IS NOT NULL AS closed
       FROM (SELECT id, client_id, amount, restake_product FROM rewards.payout_line
              WHERE run_id = $1 AND client_id > $2::uuid AND state = 'pending' ORDER BY client_id LIMIT $3) l
       LEFT JOIN rewards.client_standing s ON s.client_id = l.client_id AND s.state = 'closed' ORDER BY l.client_id`,
    [runId, after ?? '00000000-0000-0000-0000-000000000000', limit],
  );
  return rows.map((row) => ({ ...row, amount: amount(BigInt(row.amount)) }));
}

export async function markPaid(em: EntityManager, lines: readonly PendingLine[], at: Date): Promise<void> {
  const ids = lines.map((line) => line.id);
  await em.query(`UPDATE rewards.payout_line SET state = 'paid', paid_at = $2 WHERE id = ANY ($1) AND state = 'pending'`, [ids, at]);
}
export async function markHeld(em: EntityManager, lines: readonly PendingLine[], reason: HeldBecause): Promise<void> {
  if (lines.length === 0) return;
  const ids = lines.map((line) => line.id);
  await em.query(`UPDATE rewards.payout_line SET state = 'held', reason = $2 WHERE id = ANY ($1) AND state = 'pending'`, [ids, reason]);
}

/** What the lines say was paid. */
export async function paidByLines(em: EntityManager, runId: string): Promise<{ lines: number; total: Amount }> {
  const [row]: { lines: number; total: string }[] = await em.query(
    `SELECT count(*)::int AS lines, coalesce(sum(amount), 0)::text AS total FROM rewards.payout_line WHERE run_id = $1 AND state = 'paid'`,
    [runId],
  );
  return { lines: row?.lines ?? 0, total: amount(BigInt(row?.total ?? '0')) };
}

export interface StoredLine extends PendingLine {
  readonly owed: Amount;
  readonly state: Verdict | 'paid';
  readonly reason: HeldBecause | null;
  readonly createdAt: Date;
  readonly paidAt: Date | null;
}
type LineRow = Omit<StoredLine, 'owed' | 'amount'> & { readonly owed: string; readonly amount: string };

const LINE = `SELECT id, client_id AS "clientId", owed::text, amount::text, state, reason, restake_product AS "restakeProduct",
  created_at AS "createdAt", paid_at AS "paidAt" FROM rewards.payout_line`;
const lineOf = (row: LineRow): StoredLine => ({ ...row, owed: amount(BigInt(row.owed)), amount: amount(BigInt(row.amount)) });

/** The first ones in the order of clients. */
export async function linesOf(em: EntityManager, runId: string, { limit }: { limit: number }): Promise<StoredLine[]> {
  const rows: LineRow[] = await em.query(`${LINE} WHERE run_id = $1 ORDER BY client_id LIMIT $2`, [runId, limit]);
  return rows.map(lineOf);
}

/** In the order of their ids: all lines of a run are of one moment. */
export async function pageOfLines(
  em: EntityManager,
  runId: string,
  { state }: { state?: string },
  limit: number,
  before: Position | undefined,
): Promise<StoredLine[]> {
  const rows: LineRow[] = await em.query(
    `${LINE} WHERE run_id = $1 AND ($2::text IS NULL OR state = $2) AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
     ORDER BY created_at DESC, id DESC LIMIT $5`,
    [runId, state ?? null, before?.createdAt ?? null, before?.id ?? null, limit],
  );
  return rows.map(lineOf);
}
