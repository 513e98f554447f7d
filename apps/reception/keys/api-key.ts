import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import { scopes, type Scope } from '#http';
import { ok, refuse, type Result } from '#kernel';

/** How many keys a client may have in use at once. */
export const MOST_KEYS = 20;
const HINT = 8;

export type KeyState = 'active' | 'expired' | 'revoked';

/** What opens the door: a secret that is shown to its owner once and kept nowhere, or the public half of a key that signs requests. */
export interface NewKey {
  readonly sha256: Buffer | null;
  readonly publicKey: Buffer | null;
  /** The first characters, so that a person can tell keys apart. */
  readonly hint: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | null;
}
export interface KeyTerms {
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | null;
}
export const EVERYTHING: KeyTerms = { scopes, expiresAt: null };

/** A client's API key: `bk_` and 32 random bytes in base64url. */
export function mintKey(terms: KeyTerms = EVERYTHING): NewKey & { readonly secret: string } {
  const secret = `bk_${randomBytes(32).toString('base64url')}`;
  return { ...terms, secret, sha256: sha256(secret), publicKey: null, hint: secret.slice(0, HINT) };
}

/** A key whose owner signs (RFC 9421): 32 bytes of Ed25519 in base64. Refusal: key.public_key_malformed. */
export function signingKey(base64: string, terms: KeyTerms): Result<NewKey> {
  const publicKey = Buffer.from(base64, 'base64');
  const sound = publicKey.length === 32 && publicKey.toString('base64') === base64 && isPoint(publicKey);
  if (!sound) return refuse('key.public_key_malformed', 'public_key is the 32 bytes of an Ed25519 public key in base64.');
  return ok({ ...terms, sha256: null, publicKey, hint: base64.slice(0, HINT) });
}

function isPoint(publicKey: Buffer): boolean {
  try {
    createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }, format: 'jwk' });
    return true;
  } catch {
    return false;
  }
}

/** Nobody gives a key more, or for longer, than the key has that they act with. Refusals: key.scope_beyond_own, key.expiry_past, key.expiry_beyond_own. */
export function allowed(wanted: KeyTerms, own: KeyTerms, now: Date): Result<null> {
  const beyond = wanted.scopes.filter((scope) => !own.scopes.includes(scope));
  if (beyond.length > 0) return refuse('key.scope_beyond_own', `Your own key has not the scope ${beyond.join(', ')}.`, { beyond });
  if (wanted.expiresAt !== null && wanted.expiresAt <= now) return refuse('key.expiry_past', 'expires_at lies in the past.');
  if (own.expiresAt !== null && (wanted.expiresAt === null || wanted.expiresAt > own.expiresAt))
    return refuse('key.expiry_beyond_own', 'A key cannot outlive the key that makes it: give an earlier expires_at.');
  return ok(null);
}

export const stateOf = (key: { revokedAt: Date | null; expiresAt: Date | null }, now: Date): KeyState =>
  key.revokedAt ? 'revoked' : key.expiresAt !== null && key.expiresAt <= now ? 'expired' : 'active';

export const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
