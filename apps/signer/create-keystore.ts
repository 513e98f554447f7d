/**
 * Makes the encrypted keystore of a signer: `node dist/apps/signer/create-keystore.js [--import]`. Reads KEYSTORE_PATH and
 * KEYSTORE_PASSPHRASE_FILE. Prints the 24 words of a new seed once, to be written down; with --import it reads words from standard input.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { entropyOf, mnemonicOf } from '#chains/ethereum';
import { accept, Fault, Refused } from '#kernel';
import { environment } from '#runtime';
import { readPassphrase, writeSeed } from './keyring/seed.store.js';

function main(): void {
  const { values } = parseArgs({ options: { import: { type: 'boolean', default: false } } });
  const { KEYSTORE_PATH: path, KEYSTORE_PASSPHRASE_FILE, KEYSTORE_PASSPHRASE } = environment();
  if (!path) throw new Fault('keystore.no_path', 'Set KEYSTORE_PATH to where the keystore shall be.', false);
  const passphrase = readPassphrase({
    ...(KEYSTORE_PASSPHRASE_FILE === undefined ? {} : { KEYSTORE_PASSPHRASE_FILE }),
    ...(KEYSTORE_PASSPHRASE === undefined ? {} : { KEYSTORE_PASSPHRASE }),
  });
  const entropy = values.import ? accept(entropyOf(readFileSync(0, 'utf8'))) : new Uint8Array(randomBytes(32));
  writeSeed(path, { entropy, origin: 'operator' }, passphrase);
  process.stdout.write(`Keystore written to ${path}.\n`);
  if (!values.import) {
    process.stdout.write(`Write these words down and keep them apart from the keystore. They are shown once:\n\n${mnemonicOf(entropy)}\n`);
  }
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error instanceof Fault || error instanceof Refused ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
