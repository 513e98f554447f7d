import type { EntityManager } from 'typeorm';
import type { Balances } from './statement.js';

/**
 * running → waiting while some clients are set aside → done, or differs: all statements together are not what the trial balance says.
 */
export interface StatementRun {
  readonly month: string;
  readonly state: 'running' | 'waiting' | 'done' | 'differs';
  /** The last client that is done. */
  readonly after: string | null;
  readonly clients: number;
  readonly statements: number;
  readonly totals: Balances;
  readonly version: number;
}
interface RunRow extends Omit<StatementRun, 'totals'> {
  readonly totals: Readonly<Record<string, string>>;
}

const COLUMNS = 'month, state, after_id AS "after", clients::float8 AS clients, statements::float8 AS statements, totals, version';
const read = (row: RunRow): StatementRun => ({
  ...row,
  totals: new Map(Object.entries(row.totals).map(([key, units]) => [key, BigInt(units)])),
});

export async function runOf(em: EntityManager, month: string, lock?: 'lock'): Promise<StatementRun | null> {
  const [row] = await em.query<RunRow[]>(`SELECT ${COLUMNS} FROM reception.statement_run WHERE month = $1${lock ? ' FOR UPDATE' : ''}`, [
    month,
  ]);
  return row ? read(row) : null;
}

/** The run of a month, begun now if it was not. */
export async function startRun(em: EntityManager, month: string, at: Date): Promise<StatementRun> {
  await em.query(
    `INSERT INTO reception.statement_run (month, state, started_at, updated_at) VALUES ($1, 'running', $2, $2) ON CONFLICT (month) DO NOTHING`,
    [month, at],
  );
  const run = await runOf(em, month);
  if (!run) throw new Error(`the run of ${month} is not there`);
  return run;
}

/** The row is locked by the caller. */
export async function saveRun(em: EntityManager, run: StatementRun, at: Date): Promise<StatementRun> {
  await em.query(
    `UPDATE reception.statement_run SET state = $2, after_id = $3, clients = $4, statements = $5, totals = $6, updated_at = $7,
       ended_at = CASE WHEN $2 IN ('running', 'waiting') THEN NULL ELSE $7::timestamptz END, version = version + 1 WHERE month = $1`,
    [
      run.month,
      run.state,
      run.after,
      run.clients,
      run.statements,
      JSON.stringify(Object.fromEntries([...run.totals].map(([key, units]) => [key, units.toString()]))),
      at,
    ],
  );
  return { ...run, version: run.version + 1 };
}
