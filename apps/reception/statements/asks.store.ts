import type { EntityManager } from 'typeorm';

/** Counts a new statement that a client asks for; the same one twice counts once. False: the client has had as many today as it may. */
export async function countAsk(em: EntityManager, clientId: string, day: string, statementId: string, most: number): Promise<boolean> {
  await em.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`statement_ask ${clientId}`]);
  const [row] = await em.query<{ asked: string; known: boolean }[]>(
    `SELECT count(*) AS asked, coalesce(bool_or(statement_id = $3), false) AS known FROM reception.statement_ask WHERE client_id = $1 AND day = $2`,
    [clientId, day, statementId],
  );
  if (row?.known) return true;
  if (Number(row?.asked ?? 0) >= most) return false;
  await em.query('INSERT INTO reception.statement_ask (client_id, day, statement_id) VALUES ($1, $2, $3)', [clientId, day, statementId]);
  return true;
}

/** How far the books of a client are: as long as it is the same, nothing was recorded. */
export async function positionOf(em: EntityManager, clientId: string): Promise<string> {
  const [row] = await em.query<{ position: string }[]>('SELECT ledger.position_of($1) AS position', [clientId]);
  return row?.position ?? '0';
}

/** Whether a request has its answer already. */
export async function isAnswered(em: EntityManager, operationId: string): Promise<boolean> {
  const rows = await em.query<unknown[]>('SELECT 1 FROM reception.request WHERE id = $1 AND status IS NOT NULL', [operationId]);
  return rows.length > 0;
}
