import type { EntityManager } from 'typeorm';

export type HistorySubject =
  'deposit' | 'transaction' | 'withdrawal' | 'destination' | 'chain' | 'sender' | 'unattributed' | 'period_close';

/** Who moved something, when and why: one row a change, in the change's own transaction. */
export interface HistoryRow {
  readonly subject: HistorySubject;
  readonly subjectId: string;
  readonly version: number;
  readonly state: string;
  readonly at: Date;
  /** `system`, or kind and id of a person: `client:<uuid>`, `staff:<uuid>`. */
  readonly actor: string;
  readonly reason?: string | null;
  readonly transactionHash?: string | null;
}

export async function writeHistory(em: EntityManager, rows: readonly HistoryRow[]): Promise<void> {
  if (rows.length === 0) return;
  await em.query(
    `INSERT INTO custody.state_history (subject, subject_id, version, state, at, actor, reason, transaction_hash)
     SELECT * FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[])`,
    [
      rows.map((r) => r.subject),
      rows.map((r) => r.subjectId),
      rows.map((r) => r.version),
      rows.map((r) => r.state),
      rows.map((r) => r.at),
      rows.map((r) => r.actor),
      rows.map((r) => r.reason ?? null),
      rows.map((r) => r.transactionHash ?? null),
    ],
  );
}

export interface HistoryStep {
  readonly state: string;
  readonly at: Date;
  readonly transactionHash: string | null;
}

/** The steps of several subjects, oldest first. */
export async function stepsOf(em: EntityManager, subject: HistorySubject, ids: readonly string[]): Promise<Map<string, HistoryStep[]>> {
  const rows: (HistoryStep & { subjectId: string })[] = await em.query(
    `SELECT subject_id AS "subjectId", state, at, transaction_hash AS "transactionHash"
       FROM custody.state_history WHERE subject = $1 AND subject_id = ANY ($2) ORDER BY subject_id, version`,
    [subject, ids],
  );
  const steps = new Map<string, HistoryStep[]>(ids.map((id) => [id, []]));
  for (const row of rows) steps.get(row.subjectId)?.push(row);
  return steps;
}
