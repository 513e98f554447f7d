import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** An Ed25519 pair as a client has it: the private half never leaves it. */
export interface SigningPair {
  readonly privateKey: KeyObject;
  /** 32 bytes in base64, as POST /v1/keys wants it. */
  readonly publicKey: string;
}

export function newSigningPair(): SigningPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey, publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64') };
}

export interface RequestToSign {
  readonly method: string;
  readonly url: string;
  readonly body?: string;
  readonly idempotencyKey?: string;
}

/** The headers that a client adds to sign a request (RFC 9421, RFC 9530), written from the RFCs and not from our own reading of them. */
export function signRequest(
  pair: SigningPair,
  keyId: string,
  request: RequestToSign,
  created: number,
  expires?: number,
): Record<string, string> {
  const [path = '', query] = request.url.split(/(?=\?)/);
  const digest = request.body === undefined ? undefined : `sha-256=:${createHash('sha256').update(request.body).digest('base64')}:`;
  const covered: [string, string | undefined][] = [
    ['@method', request.method],
    ['@path', path],
    ['@query', query],
    ['content-digest', digest],
    ['idempotency-key', request.idempotencyKey],
  ];
  const present = covered.filter((entry): entry is [string, string] => entry[1] !== undefined);
  const parameters = `(${present.map(([name]) => `"${name}"`).join(' ')});created=${created}${expires === undefined ? '' : `;expires=${expires}`};keyid="${keyId}"`;
  const base = [...present.map(([name, value]) => `"${name}": ${value}`), `"@signature-params": ${parameters}`].join('\n');
  return {
    ...(digest === undefined ? {} : { 'content-digest': digest, 'content-type': 'application/json' }),
    ...(request.idempotencyKey === undefined ? {} : { 'idempotency-key': request.idempotencyKey }),
    'signature-input': `sig1=${parameters}`,
    signature: `sig1=:${sign(null, Buffer.from(base), pair.privateKey).toString('base64')}:`,
  };
}
