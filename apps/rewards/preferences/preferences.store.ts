import type { EntityManager } from 'typeorm';
import type { AssetCode } from '#kernel';
import { Preference } from './preference.entity.js';

export const preferencesOf = (em: EntityManager, clientId: string): Promise<Preference[]> =>
  em.find(Preference, { where: { clientId }, order: { asset: 'ASC' } });

/** Nobody else says anything for this client until the transaction ends, not even for the first time. */
export async function lockPreference(em: EntityManager, clientId: string, asset: AssetCode): Promise<Preference | null> {
  await em.query(`SELECT pg_advisory_xact_lock(hashtextextended('rewards.preference ' || $1, 0))`, [clientId]);
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
