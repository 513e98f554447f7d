import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EntityManager } from 'typeorm';
import { Fault } from '#kernel';
import type { Keyring } from '../keyring/keyring.service.js';
import { listKeys } from './validator-keys.store.js';

/**
 * Writes an EIP-2335 keystore for each validator key that was given out (or for one), readable by its owner alone. Returns the files.
 * Faults: `export.no_keys`, `export.exists` (nothing is ever overwritten).
 */
export async function exportKeystores(
  em: EntityManager,
  keyring: Keyring,
  folder: string,
  password: string,
  pubkey?: string,
): Promise<string[]> {
  const keys = (await listKeys(em)).filter((key) => pubkey === undefined || key.pubkey === pubkey.toLowerCase());
  if (keys.length === 0) throw new Fault('export.no_keys', 'There is no such validator key.', false);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files: string[] = [];
  for (const key of keys) {
    const file = join(folder, `keystore-${key.pubkey}.json`);
    if (existsSync(file)) throw new Fault('export.exists', `${file} exists already.`, false);
    const keystore = await keyring.exportValidatorKey(key.keyIndex, password);
    writeFileSync(file, JSON.stringify(keystore, null, 2), { mode: 0o600, flag: 'wx' });
    files.push(file);
  }
  return files;
}
