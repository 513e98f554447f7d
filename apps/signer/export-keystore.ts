/**
 * Writes EIP-2335 keystores of the validator keys that were given out, for the validator client that runs them:
 * `node dist/apps/signer/export-keystore.js --out <folder> --password-file <file> [--pubkey 0x…]`. Reads the signer's own configuration.
 * A key must never run in two validator clients at once: that is what slashing punishes.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '#database';
import { Fault } from '#kernel';
import { ConfigInvalid, loadConfig } from '#runtime';
import { SignerConfig } from './config.js';
import { Keyring } from './keyring/keyring.service.js';
import { loadSeed } from './keyring/seed.store.js';
import { signerEntities } from './signer.module.js';
import { listKeys } from './validator-keys/validator-keys.store.js';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { out: { type: 'string' }, 'password-file': { type: 'string' }, pubkey: { type: 'string' } } });
  const folder = values.out;
  const passwordFile = values['password-file'];
  if (!folder || !passwordFile)
    throw new Fault('export.arguments', 'Usage: export-keystore.js --out <folder> --password-file <file> [--pubkey 0x…]', false);
  const password = readFileSync(passwordFile, 'utf8').replace(/\r?\n$/, '');
  if (!password) throw new Fault('export.no_password', `${passwordFile} is empty: a keystore needs a password.`, false);
  const config = loadConfig(SignerConfig, 'signer');
  const keyring = new Keyring(loadSeed(config).entropy);
  const dataSource = await new DataSource(dataSourceOptions('signer', config.DATABASE_URL, signerEntities, 2)).initialize();
  try {
    const keys = (await listKeys(dataSource.manager)).filter((key) => !values.pubkey || key.pubkey === values.pubkey.toLowerCase());
    if (keys.length === 0) throw new Fault('export.no_keys', 'There is no such validator key.', false);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const key of keys) {
      const file = join(folder, `keystore-${key.pubkey}.json`);
      if (existsSync(file)) throw new Fault('export.exists', `${file} exists already.`, false);
      writeFileSync(file, JSON.stringify(await keyring.exportValidatorKey(key.keyIndex, password), null, 2), { mode: 0o600, flag: 'wx' });
      console.log(file);
    }
  } finally {
    await dataSource.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Fault || error instanceof ConfigInvalid ? error.message : error);
  process.exitCode = 1;
});
