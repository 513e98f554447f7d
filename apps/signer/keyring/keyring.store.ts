import type { EntityManager } from 'typeorm';
import { KeyringEntity } from './keyring.entity.js';

/** Two signers may start at once: the second waits and finds what the first published. */
export async function lockKeyrings(em: EntityManager): Promise<KeyringEntity[]> {
  await em.query(`SELECT pg_advisory_xact_lock(hashtext('signer.keyring'))`);
  return em.find(KeyringEntity);
}

export async function insertKeyrings(em: EntityManager, keyrings: readonly KeyringEntity[]): Promise<void> {
  await em.insert(KeyringEntity, [...keyrings]);
}
