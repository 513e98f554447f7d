import type { EntityManager } from 'typeorm';
import type { Currency } from '#prices';

export const DEFAULT_CURRENCY: Currency = 'HKD';

export interface Preference {
  readonly currency: Currency;
  /** 0: never chosen. */
  readonly version: number;
}

export async function preferenceOf(em: EntityManager, clientId: string): Promise<Preference> {
  const [row] = await em.query<Preference[]>('SELECT currency, version FROM reception.statement_preference WHERE client_id = $1', [
    clientId,
  ]);
  return row ?? { currency: DEFAULT_CURRENCY, version: 0 };
}

/** Of those who chose one. */
export async function chosenCurrencies(em: EntityManager, clients: readonly string[]): Promise<ReadonlyMap<string, Currency>> {
  const rows = await em.query<{ id: string; currency: Currency }[]>(
    'SELECT client_id AS id, currency FROM reception.statement_preference WHERE client_id = ANY ($1::uuid[])',
    [clients],
  );
  return new Map(rows.map((row) => [row.id, row.currency]));
}

export async function choose(em: EntityManager, clientId: string, currency: Currency, actor: string, at: Date): Promise<Preference> {
  const rows = await em.query<{ version: number }[]>(
    `INSERT INTO reception.statement_preference AS p (client_id, currency, version, updated_at) VALUES ($1, $2, 1, $3)
     ON CONFLICT (client_id) DO UPDATE SET currency = excluded.currency, version = p.version + 1, updated_at = excluded.updated_at RETURNING version`,
    [clientId, currency, at],
  );
  const version = rows[0]?.version ?? 1;
  await em.query(
    'INSERT INTO reception.statement_preference_history (client_id, version, currency, actor, at) VALUES ($1, $2, $3, $4, $5)',
    [clientId, version, currency, actor, at],
  );
  return { currency, version };
}
