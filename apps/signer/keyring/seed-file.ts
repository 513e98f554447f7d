import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { ok, refuse, type Result } from '#kernel';

/** Who made the seed: a demo seed was never written down by anybody and must not guard real money. */
export type SeedOrigin = 'demo' | 'operator';

/** The encrypted seed as it lies on disk: BIP-39 entropy under AES-256-GCM, its key from the passphrase by scrypt. */
export interface SeedFile {
  readonly version: 1;
  readonly origin: SeedOrigin;
  readonly kdf: { readonly name: 'scrypt'; readonly n: number; readonly r: number; readonly p: number; readonly salt: string };
  readonly cipher: { readonly name: 'aes-256-gcm'; readonly nonce: string; readonly tag: string };
  readonly ciphertext: string;
}

export interface Seed {
  readonly entropy: Uint8Array;
  readonly origin: SeedOrigin;
}

/** About 128 MiB and a few tenths of a second a guess. */
export const COST = { n: 131_072, r: 8, p: 1 } as const;
/** A file that asks for more than this was not made by us. */
const MOST_MEMORY = 1 << 30;

export function sealSeed(seed: Seed, passphrase: string, cost: { n: number; r: number; p: number } = COST): SeedFile {
  const kdf = { name: 'scrypt', n: cost.n, r: cost.r, p: cost.p, salt: randomBytes(32).toString('hex') } as const;
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', deriveKey(passphrase, kdf), nonce);
  cipher.setAAD(header(seed.origin, kdf));
  const ciphertext = Buffer.concat([cipher.update(seed.entropy), cipher.final()]).toString('hex');
  return {
    version: 1,
    origin: seed.origin,
    kdf,
    cipher: { name: 'aes-256-gcm', nonce: nonce.toString('hex'), tag: cipher.getAuthTag().toString('hex') },
    ciphertext,
  };
}

/** Refusals: `keystore.malformed`, `keystore.wrong_passphrase` (or the file was altered: the two cannot be told apart). */
export function openSeed(text: string, passphrase: string): Result<Seed> {
  const file = readSeedFile(text);
  if (!file) return refuse('keystore.malformed', 'The keystore file is not one that this signer wrote.');
  try {
    const decipher = createDecipheriv('aes-256-gcm', deriveKey(passphrase, file.kdf), Buffer.from(file.cipher.nonce, 'hex'));
    decipher.setAAD(header(file.origin, file.kdf));
    decipher.setAuthTag(Buffer.from(file.cipher.tag, 'hex'));
    const entropy = Buffer.concat([decipher.update(Buffer.from(file.ciphertext, 'hex')), decipher.final()]);
    return ok({ entropy: new Uint8Array(entropy), origin: file.origin });
  } catch {
    return refuse('keystore.wrong_passphrase', 'The passphrase does not open the keystore, or the keystore was altered.');
  }
}

const deriveKey = (passphrase: string, { n, r, p, salt }: SeedFile['kdf']): Buffer =>
  scryptSync(passphrase.normalize('NFKC'), Buffer.from(salt, 'hex'), 32, { N: n, r, p, maxmem: MOST_MEMORY });

/** Bound to the ciphertext: neither the origin nor the cost can be changed without the passphrase. */
const header = (origin: SeedOrigin, { n, r, p, salt }: SeedFile['kdf']): Buffer => Buffer.from(JSON.stringify([1, origin, n, r, p, salt]));

function readSeedFile(text: string): SeedFile | null {
  let found: Partial<SeedFile> | null;
  try {
    found = JSON.parse(text) as Partial<SeedFile> | null;
  } catch {
    return null;
  }
  const { version, origin, kdf, cipher, ciphertext } = found ?? {};
  const hex = (value: unknown, ...bytes: number[]): boolean =>
    typeof value === 'string' && /^[0-9a-f]*$/.test(value) && bytes.includes(value.length / 2);
  const whole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;
  const sound =
    version === 1 &&
    (origin === 'demo' || origin === 'operator') &&
    kdf?.name === 'scrypt' &&
    [kdf.n, kdf.r, kdf.p].every(whole) &&
    hex(kdf.salt, 32) &&
    cipher?.name === 'aes-256-gcm' &&
    hex(cipher.nonce, 12) &&
    hex(cipher.tag, 16) &&
    hex(ciphertext, 16, 20, 24, 28, 32);
  return sound ? (found as SeedFile) : null;
}
