import type { EntityManager } from 'typeorm';
import type { Scope } from '#http';
import type { NewKey } from './api-key.js';

export interface KeyRow {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly scopes: Scope[];
  /** Whether it signs requests; otherwise it is a secret. */
  readonly signs: boolean;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly version: number;
}

const COLUMNS =
  'id, label, hint, scopes, public_key IS NOT NULL AS signs, created_at AS "createdAt", expires_at AS "expiresAt", revoked_at AS "revokedAt", version';

/** Oldest first. */
export const keysOf = (em: EntityManager, clientId: string): Promise<KeyRow[]> =>
  em.query<KeyRow[]>(`SELECT ${COLUMNS} FROM reception.api_key WHERE client_id = $1 ORDER BY created_at, id`, [clientId]);

/** Locks the client, so that two requests cannot both pass a limit that only one may. */
export async function lockClient(em: EntityManager, clientId: string): Promise<void> {
  await em.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 1))', [`reception.client.${clientId}`]);
}

export async function addKey(
  em: EntityManager,
  key: { id: string; clientId: string; label: string; made: NewKey; at: Date },
): Promise<void> {
  const { sha256, publicKey, hint, scopes, expiresAt } = key.made;
  await em.query(
    `INSERT INTO reception.api_key (id, client_id, label, token_sha256, public_key, hint, scopes, expires_at, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [key.id, key.clientId, key.label, sha256, publicKey, hint, scopes, expiresAt, key.at],
  );
  await addHistory(em, { id: key.id, version: 1, state: 'active', actor: key.clientId, reason: 'created', at: key.at });
}

/** Whether this public key is somebody's already: a signature must name one owner. */
export async function isPublicKeyTaken(em: EntityManager, publicKey: Buffer): Promise<boolean> {
  const rows: unknown[] = await em.query('SELECT FROM reception.api_key WHERE public_key = $1', [publicKey]);
  return rows.length > 0;
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
