import type { EntityManager } from 'typeorm';
import { SignatureEntity } from './signature.entity.js';

export const findSignature = (em: EntityManager, id: string): Promise<SignatureEntity | null> => em.findOneBy(SignatureEntity, { id });

/** One request of an address is decided at a time, so that a nonce is never signed for twice. */
export async function lockSender(em: EntityManager, chain: string, sender: string): Promise<void> {
  await em.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`signer.sender:${chain}:${sender}`]);
}

/** Signatures made under this nonce, the first and those that replace it. */
export const madeUnder = (em: EntityManager, chain: string, sender: string, nonce: bigint): Promise<SignatureEntity[]> =>
  em.find(SignatureEntity, { where: { chain, sender, nonce, state: 'made' }, order: { createdAt: 'ASC' } });

export async function insertSignature(em: EntityManager, signature: SignatureEntity): Promise<void> {
  await em.insert(SignatureEntity, signature);
}
