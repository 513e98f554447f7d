import type { EntityManager } from 'typeorm';
import type { AssetCode } from '#kernel';
import { Preference } from './preference.entity.js';

export const preferencesOf = (em: EntityManager, clientId: string): Promise<Preference[]> =>
  em.find(Preference, { where: { clientId }, order: { asset: 'ASC' } });

const SAID = `hashtextextended('rewards.preference_history', 0)`;

/**
 * A moment by the clock of the database, to the millisecond, up to which all that clients have said is there to be seen: whoever was about to
 * say something has committed it, and what is said from now on is recorded as later. Holds nobody up when it returns.
 */
export async function momentOfPreferences(em: EntityManager): Promise<Date> {
  await em.query('SAVEPOINT moment');
  await em.query(`SELECT pg_advisory_xact_lock(${SAID})`);
  const [{ at }]: [{ at: Date }] = await em.query(`SELECT date_trunc('milliseconds', clock_timestamp()) AS at`);
  await em.query('ROLLBACK TO SAVEPOINT moment'); // gives the lock back
  return at;
}

/** SQL: what each client wanted of an asset at a moment (both SQL expressions of the caller's own; a moment of null is now). */
export const preferencesAt = (asset: string, at: string): string =>
  `SELECT DISTINCT ON (client_id) client_id, product_id, min_amount FROM rewards.preference_history
    WHERE asset = ${asset} AND (${at} IS NULL OR recorded_at <= ${at}) ORDER BY client_id, version DESC`;

/** Nobody else says anything for this client until the transaction ends, not even for the first time. */
export async function lockPreference(em: EntityManager, clientId: string, asset: AssetCode): Promise<Preference | null> {
  await em.query(`SELECT pg_advisory_xact_lock_shared(${SAID}), pg_advisory_xact_lock(hashtextextended('rewards.preference ' || $1, 0))`, [
    clientId,
  ]);
  return em.findOneBy(Preference, { clientId, asset });
}

/** Keeps the instruction, and each version of it for ever. */
export async function savePreference(em: EntityManager, preference: Preference): Promise<void> {
  const { clientId, asset, mode, productId, minimum, changedAt, version } = preference;
  const values = [clientId, asset, mode, productId, minimum.toString(), changedAt, version];
  await em.query(
    `INSERT INTO rewards.preference_history (client_id, asset, mode, product_id, min_amount, changed_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    values,
  );
  await em.query(
    `INSERT INTO rewards.preference (client_id, asset, mode, product_id, min_amount, changed_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (client_id, asset) DO UPDATE SET mode = excluded.mode, product_id = excluded.product_id, min_amount = excluded.min_amount,
       changed_at = excluded.changed_at, version = excluded.version`,
    values,
  );
}
