import fc from 'fast-check';
import { newSigningPair, signRequest } from '#testing';
import { checkSignature, readSignature, SIGNATURE_AGE_S, type SignedMessage } from './request-signature.js';

const NOW = 1_800_000_000;
const pair = newSigningPair();
const publicKey = Buffer.from(pair.publicKey, 'base64');

const signed = (
  request: { method: string; url: string; body?: string; idempotencyKey?: string },
  created = NOW,
  expires?: number,
): SignedMessage => ({
  method: request.method,
  url: request.url,
  body: request.body,
  headers: signRequest(pair, 'key_1', request, created, expires),
});
/** What became of it: ok, or the code of the refusal. */
const verdict = (message: SignedMessage, now = NOW, key = publicKey): string => {
  const read = readSignature(message);
  const checked = read.ok ? checkSignature(read.value, key, now) : read;
  return checked.ok ? 'ok' : checked.refusal.code;
};
const order = { method: 'POST', url: '/v1/staking/stakes?dry=1', body: '{"asset":"ETH","amount":"1"}', idempotencyKey: 'a-key-of-mine' };

describe('a signed request', () => {
  it('is the signature of RFC 9421 B.2.6', () => {
    const message: SignedMessage = {
      method: 'POST',
      url: '/foo',
      body: undefined,
      headers: {
        host: 'example.com',
        date: 'Tue, 20 Apr 2021 02:07:55 GMT',
        'content-type': 'application/json',
        'content-length': '18',
        'signature-input':
          'sig1=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
        signature: 'sig1=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:',
      },
    };
    expect(verdict(message, 1_618_884_475, Buffer.from('JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=', 'base64'))).toBe('ok');
  });

  it('passes as it was signed, with a query and a body or without', () => {
    expect(verdict(signed(order))).toBe('ok');
    expect(verdict(signed({ method: 'GET', url: '/v1/overview' }))).toBe('ok');
  });

  it('counts for five minutes, or as long as it says itself', () => {
    expect(verdict(signed(order), NOW + SIGNATURE_AGE_S)).toBe('ok');
    expect(verdict(signed(order), NOW + SIGNATURE_AGE_S + 1)).toBe('auth.signature_expired');
    expect(verdict(signed(order, NOW, NOW + 10), NOW + 11)).toBe('auth.signature_expired');
    expect(verdict(signed(order, NOW + 31))).toBe('auth.signature_expired');
  });

  it('is no other key’s', () => {
    expect(verdict(signed(order), NOW, Buffer.from(newSigningPair().publicKey, 'base64'))).toBe('auth.signature_invalid');
  });

  it('does not pass with anything changed: method, path, query, body, key, or a byte of the signature', () => {
    const flip = (text: string, at: number): string => {
      const i = at % text.length;
      return text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ 1 || 1) + text.slice(i + 1);
    };
    const message = signed(order);
    fc.assert(
      fc.property(
        fc.constantFrom('method', 'url', 'body', 'idempotency-key', 'signature', 'signature-input', 'content-digest'),
        fc.nat(500),
        (what, at) => {
          const changed =
            what === 'method' || what === 'url' || what === 'body'
              ? { ...message, [what]: flip(message[what] ?? '', at) }
              : { ...message, headers: { ...message.headers, [what]: flip(String(message.headers[what]), at) } };
          expect(verdict(changed)).not.toBe('ok');
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['no signature', { signature: undefined }, 'auth.signature_malformed'],
    ['another name', { signature: 'sig2=:AAAA:' }, 'auth.signature_malformed'],
    ['a broken dictionary', { 'signature-input': 'sig1=("@method"' }, 'auth.signature_malformed'],
    [
      'no key id',
      { 'signature-input': `sig1=("@method" "@path" "@query" "content-digest" "idempotency-key");created=${NOW}` },
      'auth.signature_malformed',
    ],
    [
      'no time',
      { 'signature-input': 'sig1=("@method" "@path" "@query" "content-digest" "idempotency-key");keyid="key_1"' },
      'auth.signature_malformed',
    ],
    ['the path not covered', { 'signature-input': `sig1=("@method");created=${NOW};keyid="key_1"` }, 'auth.signature_malformed'],
    [
      'a component twice',
      { 'signature-input': `sig1=("@method" "@method" "@path" "@query" "content-digest" "idempotency-key");created=${NOW};keyid="key_1"` },
      'auth.signature_malformed',
    ],
    [
      'an unknown component',
      { 'signature-input': `sig1=("@method" "@path" "@query" "content-digest" "idempotency-key" "@status");created=${NOW};keyid="key_1"` },
      'auth.signature_malformed',
    ],
    [
      'another algorithm',
      {
        'signature-input': `sig1=("@method" "@path" "@query" "content-digest" "idempotency-key");created=${NOW};keyid="key_1";alg="hmac-sha256"`,
      },
      'auth.signature_malformed',
    ],
    ['the digest of another body', { 'content-digest': 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:' }, 'auth.digest_mismatch'],
    ['no digest of the body', { 'content-digest': undefined }, 'auth.signature_malformed'],
  ])('with %s is refused', (_name, headers, code) => {
    const message = signed(order);
    expect(verdict({ ...message, headers: { ...message.headers, ...headers } })).toBe(code);
  });
});
