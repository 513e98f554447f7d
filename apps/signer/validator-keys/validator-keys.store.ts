import { IsNull, type EntityManager } from 'typeorm';
import { invariant } from '#kernel';
import { DepositMessageEntity } from './deposit-message.entity.js';
import { ValidatorKeyEntity } from './validator-key.entity.js';

export const findMessage = (em: EntityManager, requestId: string): Promise<DepositMessageEntity | null> =>
  em.findOneBy(DepositMessageEntity, { requestId });
export const keyOf = (em: EntityManager, pubkey: string): Promise<ValidatorKeyEntity | null> =>
  em.findOneBy(ValidatorKeyEntity, { pubkey });

export async function insertMessage(em: EntityManager, message: DepositMessageEntity): Promise<void> {
  await em.insert(DepositMessageEntity, message);
}

/** What the key has signed under this root, the oldest first. Whoever asks has locked the key. */
export const messagesOf = (em: EntityManager, pubkey: string, depositDataRoot: string): Promise<DepositMessageEntity[]> =>
  em.find(DepositMessageEntity, { where: { pubkey, depositDataRoot }, order: { createdAt: 'ASC', requestId: 'ASC' } });

export async function fundMessage(em: EntityManager, requestId: string, signatureId: string): Promise<void> {
  const funded = await em.update(DepositMessageEntity, { requestId, signatureId: IsNull() }, { signatureId });
  invariant(funded.affected === 1, 'deposit_message.funded_twice', { requestId });
}

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
    { state: key.state, version: key.version, updatedAt: key.updatedAt, compoundingAt: key.compoundingAt },
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
