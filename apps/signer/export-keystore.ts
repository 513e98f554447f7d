/**
 * Writes EIP-2335 keystores of the validator keys that were given out, for the validator client that runs them:
 * `node dist/apps/signer/export-keystore.js --out <folder> --password-file <file> [--pubkey 0x…]`. Reads the signer's own configuration.
 * A key must never run in two validator clients at once: that is what slashing punishes.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '#database';
import { Fault } from '#kernel';
import { ConfigInvalid, loadConfig } from '#runtime';
import { SignerConfig } from './config.js';
import { Keyring } from './keyring/keyring.service.js';
import { loadSeed } from './keyring/seed.store.js';
import { signerEntities } from './signer.module.js';
import { exportKeystores } from './validator-keys/keystore-export.service.js';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { out: { type: 'string' }, 'password-file': { type: 'string' }, pubkey: { type: 'string' } } });
  const { out, pubkey, 'password-file': passwordFile } = values;
  if (!out || !passwordFile) {
    throw new Fault('export.arguments', 'Usage: export-keystore.js --out <folder> --password-file <file> [--pubkey 0x…]', false);
  }
  const password = readFileSync(passwordFile, 'utf8').replace(/\r?\n$/, '');
  if (!password) throw new Fault('export.no_password', `${passwordFile} is empty: a keystore needs a password.`, false);
  const config = loadConfig(SignerConfig, 'signer');
  const keyring = new Keyring(loadSeed(config).entropy);
  const dataSource = await new DataSource(dataSourceOptions('signer', config.DATABASE_URL, signerEntities, 2)).initialize();
  try {
    for (const file of await exportKeystores(dataSource.manager, keyring, out, password, pubkey)) process.stdout.write(`${file}\n`);
  } finally {
    await dataSource.destroy();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Fault || error instanceof ConfigInvalid ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
