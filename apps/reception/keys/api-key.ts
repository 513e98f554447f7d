import { createHash, randomBytes } from 'node:crypto';

/** How many keys a client may have in use at once. */
export const MOST_KEYS = 20;
const HINT = 8;

export interface MintedKey {
  /** Shown once to its owner, kept nowhere. */
  readonly secret: string;
  readonly sha256: Buffer;
  /** The first characters, so that a person can tell keys apart. */
  readonly hint: string;
}

/** A client's API key: `bk_` and 32 random bytes in base64url. */
export function mintKey(): MintedKey {
  const secret = `bk_${randomBytes(32).toString('base64url')}`;
  return { secret, sha256: sha256(secret), hint: secret.slice(0, HINT) };
}

export const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
