import type { EntityManager } from 'typeorm';
import type { SealedLog } from '#messages';
import { SealEntity, SealRefusalEntity } from './seal.entity.js';

/** One request of a log is decided at a time. */
export async function lockLog(em: EntityManager, log: SealedLog): Promise<void> {
  await em.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`signer.seal:${log}`]);
}

export const sealAt = (em: EntityManager, log: SealedLog, seq: string): Promise<SealEntity | null> =>
  em.findOneBy(SealEntity, { log, seq });

export const lastSeal = (em: EntityManager, log: SealedLog): Promise<SealEntity | null> =>
  em.findOne(SealEntity, { where: { log }, order: { seq: 'DESC' } });

export async function insertSeal(em: EntityManager, seal: SealEntity): Promise<void> {
  await em.insert(SealEntity, seal);
}

/** False when the same was refused before. */
export async function insertRefusal(em: EntityManager, { log, seq, previous, hash, ...refusal }: SealRefusalEntity): Promise<boolean> {
  if (await em.existsBy(SealRefusalEntity, { log, seq, previous, hash })) return false;
  await em.insert(SealRefusalEntity, { log, seq, previous, hash, ...refusal });
  return true;
}
