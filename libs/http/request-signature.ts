/**
 * Requests signed by their caller: HTTP Message Signatures (RFC 9421) with Ed25519 (RFC 8032), and Content-Digest (RFC 9530) over the body.
 * The key never travels: who reads the request, at a proxy or in a log, cannot act with it.
 */
import { createHash, createPublicKey, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import { parseDictionary, serializeInnerList, type InnerList } from 'structured-headers';
import { ok, refuse, type Result } from '#kernel';

/** A signature counts for five minutes from `created`, or until its own `expires`; a clock may be half a minute ahead of ours. */
export const SIGNATURE_AGE_S = 300;
const CLOCK_AHEAD_S = 30;
const LABEL = 'sig1';
const DIGESTS = ['sha-256', 'sha-512'] as const;

export interface SignedMessage {
  readonly method: string;
  /** As on the request line: path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body as it came; undefined when there was none. */
  readonly body: string | undefined;
}

export interface Signature {
  readonly keyId: string;
  readonly created: number;
  readonly expires: number | undefined;
  readonly base: string;
  readonly bytes: Buffer;
}

export const isSigned = (headers: SignedMessage['headers']): boolean => headers['signature-input'] !== undefined;

const malformed = (detail: string): Result<never> => refuse('auth.signature_malformed', detail);

/**
 * Reads the signature named `sig1` and what it covers. It must cover the method, the path, the query where there is one, the body's digest
 * where there is a body, and the idempotency key where there is one. Refusals: auth.signature_malformed, auth.digest_mismatch.
 */
export function readSignature(message: SignedMessage): Result<Signature> {
  const input = innerList(message.headers['signature-input']);
  const bytes = byteSequence(message.headers['signature'], LABEL);
  if (input === null || bytes?.length !== 64)
    return malformed(`Send Signature-Input: ${LABEL}=(…);created=…;keyid="…" and Signature: ${LABEL}=:…:, 64 bytes of Ed25519.`);
  const parameters = input[1];
  const [keyId, created, expires, alg] = ['keyid', 'created', 'expires', 'alg'].map((name) => parameters.get(name));
  if (typeof keyId !== 'string' || !isSecond(created) || !(expires === undefined || isSecond(expires)))
    return malformed('The signature needs the parameters keyid and created (seconds), and may have expires.');
  if (alg !== undefined && alg !== 'ed25519') return malformed('The algorithm is ed25519.');
  const covered = input[0].map(([name, more]) => (typeof name === 'string' && more.size === 0 ? name : null));
  const missing = mustCover(message).filter((name) => !covered.includes(name));
  if (missing.length > 0) return malformed(`The signature must cover ${missing.map((name) => `"${name}"`).join(', ')} as well.`);
  const base = signatureBase(message, input, covered);
  if (base === null) return malformed('The signature covers something that this request has not, or names it twice.');
  if (message.body !== undefined && !digestAgrees(message.headers['content-digest'], message.body))
    return refuse('auth.digest_mismatch', 'Content-Digest is not the SHA-256 or SHA-512 of the body.');
  return ok({ keyId, created, expires, base, bytes });
}

/** Whether the key made it, and it counts now (seconds since 1970). Refusals: auth.signature_expired, auth.signature_invalid. */
export function checkSignature(signature: Signature, publicKey: Buffer, now: number): Result<null> {
  const { created, expires, base, bytes } = signature;
  if (created > now + CLOCK_AHEAD_S || now > created + SIGNATURE_AGE_S || (expires !== undefined && now > expires))
    return refuse('auth.signature_expired', 'The signature is too old, or from the future. Sign each request anew, by a right clock.', {
      server_time: now,
    });
  return verify(null, Buffer.from(base), keyObject(publicKey), bytes)
    ? ok(null)
    : refuse('auth.signature_invalid', 'The signature was not made by this key over this request.');
}

function mustCover({ url, body, headers }: SignedMessage): string[] {
  return [
    '@method',
    '@path',
    ...(url.includes('?') ? ['@query'] : []),
    ...(body === undefined ? [] : ['content-digest']),
    ...(headers['idempotency-key'] === undefined ? [] : ['idempotency-key']),
  ];
}

/** RFC 9421 §2.5. Null: a component that is unknown, absent or named twice. */
function signatureBase(message: SignedMessage, input: InnerList, covered: readonly (string | null)[]): string | null {
  if (new Set(covered).size !== covered.length) return null;
  const lines: string[] = [];
  for (const name of covered) {
    const value = name === null ? null : component(message, name);
    if (value === null) return null;
    lines.push(`"${name}": ${value}`);
  }
  return [...lines, `"@signature-params": ${serializeInnerList(input)}`].join('\n');
}

function component({ method, url, headers }: SignedMessage, name: string): string | null {
  const mark = url.indexOf('?');
  if (name === '@method') return method;
  if (name === '@path') return mark < 0 ? url : url.slice(0, mark);
  if (name === '@query') return mark < 0 ? '?' : url.slice(mark);
  if (name === '@authority') return typeof headers['host'] === 'string' ? headers['host'].toLowerCase() : null;
  if (name.startsWith('@')) return null;
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : null;
}

function innerList(header: string | string[] | undefined): InnerList | null {
  const member = dictionary(header)?.get(LABEL);
  return member !== undefined && Array.isArray(member[0]) ? (member as InnerList) : null;
}

function byteSequence(header: string | string[] | undefined, name: string): Buffer | null {
  const value = dictionary(header)?.get(name)?.[0];
  return value instanceof ArrayBuffer ? Buffer.from(value) : null;
}

function dictionary(header: string | string[] | undefined): ReturnType<typeof parseDictionary> | null {
  if (typeof header !== 'string') return null;
  try {
    return parseDictionary(header);
  } catch {
    return null;
  }
}

function digestAgrees(header: string | string[] | undefined, body: string): boolean {
  const given = DIGESTS.flatMap((name) => {
    const bytes = byteSequence(header, name);
    return bytes === null ? [] : [{ bytes, expected: createHash(name.replace('-', '')).update(body).digest() }];
  });
  return given.length > 0 && given.every(({ bytes, expected }) => bytes.length === expected.length && timingSafeEqual(bytes, expected));
}

const isSecond = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** SubjectPublicKeyInfo of Ed25519 (RFC 8410) before the 32 bytes of the key. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const known = new Map<string, KeyObject>();
const MOST_KNOWN = 10_000;

/** Parsing a key costs more than looking it up: those in use are kept. */
function keyObject(publicKey: Buffer): KeyObject {
  const name = publicKey.toString('base64');
  const kept = known.get(name);
  if (kept) return kept;
  if (known.size >= MOST_KNOWN) known.clear();
  const made = createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' });
  known.set(name, made);
  return made;
}
