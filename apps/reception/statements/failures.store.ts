import type { EntityManager } from 'typeorm';

/** A client whose statement of a month could not be made: set aside, so that it stops nobody else's. */
export interface Failure {
  readonly clientId: string;
  readonly code: string;
  readonly detail: string;
}

/** A minute after the first time, then twice as long each time, a day at most. */
const RETRY = "LEAST(interval '1 minute' * power(2, LEAST(f.attempts, 11)), interval '1 day')";
const HISTORY = `INSERT INTO reception.statement_failure_history (month, client_id, version, state, code, detail, at)
  SELECT month, client_id, version, state, code, detail, updated_at FROM changed`;

/** failed → failed (again) → made. */
export async function setAside(em: EntityManager, month: string, failures: readonly Failure[], at: Date): Promise<void> {
  if (failures.length === 0) return;
  await em.query(
    `WITH changed AS (
       INSERT INTO reception.statement_failure AS f (month, client_id, state, code, detail, attempts, retry_at, updated_at)
       SELECT $1, t.id, 'failed', t.code, t.detail, 1, $5::timestamptz + interval '1 minute', $5 FROM unnest($2::uuid[], $3::text[], $4::text[]) t(id, code, detail)
       ON CONFLICT (month, client_id) DO UPDATE SET state = 'failed', code = excluded.code, detail = excluded.detail, attempts = f.attempts + 1,
         retry_at = $5::timestamptz + ${RETRY}, updated_at = $5, version = f.version + 1 RETURNING f.*)
     ${HISTORY}`,
    [month, failures.map((f) => f.clientId), failures.map((f) => f.code), failures.map((f) => f.detail), at],
  );
}

export async function madeAfterAll(em: EntityManager, month: string, clientId: string, at: Date): Promise<void> {
  await em.query(
    `WITH changed AS (
       UPDATE reception.statement_failure SET state = 'made', updated_at = $3, version = version + 1
        WHERE month = $1 AND client_id = $2 AND state = 'failed' RETURNING *)
     ${HISTORY}`,
    [month, clientId, at],
  );
}

/** Who is set aside, in the order of their ids; those only whose time to be tried again has come, where a time is given. */
export async function aside(em: EntityManager, month: string, due: Date | null = null): Promise<string[]> {
  const rows = await em.query<{ id: string }[]>(
    `SELECT client_id AS id FROM reception.statement_failure
      WHERE month = $1 AND state = 'failed' AND ($2::timestamptz IS NULL OR retry_at <= $2) ORDER BY client_id`,
    [month, due],
  );
  return rows.map((row) => row.id);
}
