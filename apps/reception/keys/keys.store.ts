import type { EntityManager } from 'typeorm';
import type { MintedKey } from './api-key.js';

export interface KeyRow {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
  readonly version: number;
}

const COLUMNS = 'id, label, hint, created_at AS "createdAt", revoked_at AS "revokedAt", version';

/** Oldest first. */
export const keysOf = (em: EntityManager, clientId: string): Promise<KeyRow[]> =>
  em.query<KeyRow[]>(`SELECT ${COLUMNS} FROM reception.api_key WHERE client_id = $1 ORDER BY created_at, id`, [clientId]);

/** Locks the client, so that two requests cannot both pass a limit that only one may. */
export async function lockClient(em: EntityManager, clientId: string): Promise<void> {
  await em.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 1))', [`reception.client.${clientId}`]);
}

export async function addKey(
  em: EntityManager,
  key: { id: string; clientId: string; label: string; minted: MintedKey; at: Date },
): Promise<void> {
  await em.query('INSERT INTO reception.api_key (id, client_id, label, token_sha256, hint, created_at) VALUES ($1, $2, $3, $4, $5, $6)', [
    key.id,
    key.clientId,
    key.label,
    key.minted.sha256,
    key.minted.hint,
    key.at,
  ]);
  await addHistory(em, { id: key.id, version: 1, state: 'active', actor: key.clientId, reason: 'created', at: key.at });
}

export async function revokeKey(em: EntityManager, key: { id: string; version: number; actor: string; at: Date }): Promise<void> {
  await em.query('UPDATE reception.api_key SET revoked_at = $2, version = $3 WHERE id = $1', [key.id, key.at, key.version + 1]);
  await addHistory(em, {
    id: key.id,
    version: key.version + 1,
    state: 'revoked',
    actor: key.actor,
    reason: 'revoked by its client',
    at: key.at,
  });
}

async function addHistory(
  em: EntityManager,
  entry: { id: string; version: number; state: 'active' | 'revoked'; actor: string; reason: string; at: Date },
): Promise<void> {
  await em.query('INSERT INTO reception.api_key_history (key_id, version, state, actor, reason, at) VALUES ($1, $2, $3, $4, $5, $6)', [
    entry.id,
    entry.version,
    entry.state,
    entry.actor,
    entry.reason,
    entry.at,
  ]);
}
