import type { EntityManager } from 'typeorm';
import { invariant } from '#kernel';
import { ValidatorKeyEntity } from './validator-key.entity.js';

export const findByRequest = (em: EntityManager, requestId: string): Promise<ValidatorKeyEntity | null> =>
  em.findOneBy(ValidatorKeyEntity, { requestId });

/** Locked until the transaction ends: a key is decided on by one request at a time. */
export const lockByPubkey = (em: EntityManager, pubkey: string): Promise<ValidatorKeyEntity | null> =>
  em.findOne(ValidatorKeyEntity, { where: { pubkey }, lock: { mode: 'pessimistic_write' } });

/** The index after the highest ever given out, `first` at least. Rows are never deleted, and the lock lets one request in at a time. */
export async function takeIndex(em: EntityManager, chain: string, first: number): Promise<number> {
  await em.query(`SELECT pg_advisory_xact_lock(hashtext('signer.validator_key'))`);
  const last = await em.maximum(ValidatorKeyEntity, 'keyIndex', { chain });
  return Math.max(first, (last ?? -1) + 1);
}

export async function insertKey(em: EntityManager, key: ValidatorKeyEntity): Promise<void> {
  await em.insert(ValidatorKeyEntity, key);
  await writeHistory(em, key, 'issued');
}

/** Saves a move; the version says that nobody moved it meanwhile. */
export async function saveMove(em: EntityManager, key: ValidatorKeyEntity, reason: string): Promise<void> {
  const moved = await em.update(
    ValidatorKeyEntity,
    { pubkey: key.pubkey, version: key.version - 1 },
    { state: key.state, version: key.version, updatedAt: key.updatedAt },
  );
  invariant(moved.affected === 1, 'validator_key.moved_meanwhile', { pubkey: key.pubkey });
  await writeHistory(em, key, reason);
}

export const listKeys = (em: EntityManager): Promise<ValidatorKeyEntity[]> => em.find(ValidatorKeyEntity, { order: { keyIndex: 'ASC' } });

const writeHistory = (em: EntityManager, key: ValidatorKeyEntity, reason: string): Promise<unknown> =>
  em.query('INSERT INTO signer.validator_key_history (pubkey, version, state, at, actor, reason) VALUES ($1, $2, $3, $4, $5, $6)', [
    key.pubkey,
    key.version,
    key.state,
    key.updatedAt,
    'system:signer',
    reason,
  ]);
