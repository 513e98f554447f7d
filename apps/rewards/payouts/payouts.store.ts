import { In, Not, type EntityManager } from 'typeorm';
import type { Position } from '#http';
import { amount, invariant, uuid5, type Amount } from '#kernel';
import { PayoutRun } from './payout.entity.js';
import type { Line } from './run.js';

export const runOf = (em: EntityManager, id: string): Promise<PayoutRun | null> => em.findOneBy(PayoutRun, { id });

export async function lockRun(em: EntityManager, id: string): Promise<PayoutRun> {
  const run = await em.findOne(PayoutRun, { where: { id }, lock: { mode: 'pessimistic_write' } });
  invariant(run !== null, 'payout_run.unknown', { run: id });
  return run;
}
export const insertRun = async (em: EntityManager, run: PayoutRun): Promise<void> => void (await em.insert(PayoutRun, run));
export const saveRun = async (em: EntityManager, { id, ...fields }: PayoutRun): Promise<void> =>
  void (await em.update(PayoutRun, { id }, fields));

/** The one run of a pool that is neither reconciled nor cancelled. */
export const openRun = (em: EntityManager, poolId: string): Promise<PayoutRun | null> =>
  em.findOneBy(PayoutRun, { poolId, state: Not(In(['reconciled', 'cancelled'])) });
export const lastRun = (em: EntityManager, poolId: string): Promise<PayoutRun | null> =>
  em.findOne(PayoutRun, { where: { poolId, state: 'reconciled' }, order: { createdAt: 'DESC', id: 'DESC' } });
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

const INSERT_AT_ONCE = 5_000;

/** Replaces the lines of a run that nothing has been paid of. */
export async function replaceLines(em: EntityManager, runId: string, lines: readonly Line[], at: Date): Promise<void> {
  await em.query('DELETE FROM rewards.payout_line WHERE run_id = $1', [runId]);
  for (let from = 0; from < lines.length; from += INSERT_AT_ONCE) {
    const some = lines.slice(from, from + INSERT_AT_ONCE);
    await em.query(
      `INSERT INTO rewards.payout_line (id, run_id, client_id, owed, amount, created_at)
       SELECT l.id, $1, l.client_id, l.owed, l.amount, $6 FROM unnest($2::uuid[], $3::uuid[], $4::numeric[], $5::numeric[]) AS l (id, client_id, owed, amount)`,
      [
        runId,
        some.map((line) => lineId(runId, line.clientId)),
        some.map((line) => line.clientId),
        some.map((line) => line.owed.toString()),
        some.map((line) => line.amount.toString()),
        at,
      ],
    );
  }
}

export interface PendingLine {
  readonly id: string;
  readonly clientId: string;
  readonly amount: Amount;
}

export async function pendingLines(em: EntityManager, runId: string, limit: number): Promise<PendingLine[]> {
  const rows: { id: string; client_id: string; amount: string }[] = await em.query(
    `SELECT id, client_id, amount::text FROM rewards.payout_line WHERE run_id = $1 AND state = 'pending' ORDER BY client_id LIMIT $2`,
    [runId, limit],
  );
  return rows.map((row) => ({ id: row.id, clientId: row.client_id, amount: amount(BigInt(row.amount)) }));
}

export async function markPaid(em: EntityManager, ids: readonly string[], at: Date): Promise<void> {
  await em.query(`UPDATE rewards.payout_line SET state = 'paid', paid_at = $2 WHERE id = ANY ($1) AND state = 'pending'`, [ids, at]);
}
export async function markHeld(em: EntityManager, ids: readonly string[]): Promise<void> {
  await em.query(`UPDATE rewards.payout_line SET state = 'held' WHERE id = ANY ($1) AND state = 'pending'`, [ids]);
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
  readonly state: 'pending' | 'paid' | 'held';
  readonly paidAt: Date | null;
}
export async function linesOf(em: EntityManager, runId: string, limit: number): Promise<StoredLine[]> {
  const rows: { id: string; client_id: string; owed: string; amount: string; state: StoredLine['state']; paid_at: Date | null }[] =
    await em.query(
      `SELECT id, client_id, owed::text, amount::text, state, paid_at FROM rewards.payout_line WHERE run_id = $1 ORDER BY client_id LIMIT $2`,
      [runId, limit],
    );
  return rows.map((row) => ({
    id: row.id,
    clientId: row.client_id,
    owed: amount(BigInt(row.owed)),
    amount: amount(BigInt(row.amount)),
    state: row.state,
    paidAt: row.paid_at,
  }));
}
