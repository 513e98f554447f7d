import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '#kernel';
import { openSeed, sealSeed, type Seed } from './seed-file.js';

export interface KeystoreSettings {
  readonly KEYSTORE_PATH: string;
  readonly KEYSTORE_PASSPHRASE_FILE?: string;
  readonly KEYSTORE_PASSPHRASE?: string;
  readonly BAILEE_MODE: 'demo' | 'production';
}

/**
 * The seed at boot. Only a demo makes one by itself. Faults, none retryable, each with what to do next: `keystore.no_passphrase`,
 * `keystore.missing`, `keystore.permissions`, `keystore.malformed`, `keystore.wrong_passphrase`, `keystore.demo_seed`.
 */
export function loadSeed(settings: KeystoreSettings): Seed {
  const path = settings.KEYSTORE_PATH;
  const passphrase = readPassphrase(settings);
  if (!existsSync(path)) {
    if (settings.BAILEE_MODE !== 'demo') {
      throw refusal(
        'keystore.missing',
        `There is no keystore at ${path}. Make one with \`node dist/apps/signer/create-keystore.js\`, or set KEYSTORE_PATH to yours.`,
      );
    }
    writeSeed(path, { entropy: new Uint8Array(randomBytes(32)), origin: 'demo' }, passphrase);
  }
  refuseOpenPermissions(path);
  const opened = openSeed(readFileSync(path, 'utf8'), passphrase);
  if (!opened.ok) throw refusal(opened.refusal.code, `${opened.refusal.detail} File: ${path}.`);
  if (opened.value.origin === 'demo' && settings.BAILEE_MODE === 'production') {
    throw refusal(
      'keystore.demo_seed',
      `The keystore at ${path} was made by a demo. Make one of your own with \`node dist/apps/signer/create-keystore.js\`.`,
    );
  }
  return opened.value;
}

/** Writes whole or not at all, readable by its owner alone, and never over a keystore that exists (Fault `keystore.exists`). */
export function writeSeed(path: string, seed: Seed, passphrase: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const handle = openSync(draft, 'wx', 0o600);
  try {
    writeFileSync(handle, `${JSON.stringify(sealSeed(seed, passphrase), null, 2)}\n`);
    fsyncSync(handle);
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw refusal('keystore.exists', `There is a keystore at ${path} already: a seed is never overwritten.`);
  } finally {
    closeSync(handle);
    rmSync(draft, { force: true });
  }
}

export function readPassphrase(settings: Omit<KeystoreSettings, 'BAILEE_MODE' | 'KEYSTORE_PATH'>): string {
  const file = settings.KEYSTORE_PASSPHRASE_FILE;
  if (file !== undefined && !existsSync(file))
    throw refusal('keystore.no_passphrase', `KEYSTORE_PASSPHRASE_FILE names ${file}, which does not exist.`);
  const passphrase = file === undefined ? settings.KEYSTORE_PASSPHRASE : readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  if (!passphrase)
    throw refusal('keystore.no_passphrase', 'Set KEYSTORE_PASSPHRASE_FILE (or KEYSTORE_PASSPHRASE) to what opens the keystore.');
  return passphrase;
}

function refuseOpenPermissions(path: string): void {
  if (process.platform === 'win32') return; // no such bits there
  if ((statSync(path).mode & 0o077) !== 0) {
    throw refusal('keystore.permissions', `Others than its owner can read the keystore. Run \`chmod 600 ${path}\`.`);
  }
}

const refusal = (code: string, words: string): Fault => new Fault(code, words, false);
