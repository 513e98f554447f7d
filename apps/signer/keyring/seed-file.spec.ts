import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSeed, sealSeed, type SeedFile } from './seed-file.js';
import { loadSeed, writeSeed } from './seed.store.js';

const CHEAP = { n: 1024, r: 8, p: 1 };
const entropy = new Uint8Array(32).fill(4);
const sealed = sealSeed({ entropy, origin: 'operator' }, 'correct horse', CHEAP);
const open = (file: unknown, passphrase = 'correct horse') => openSeed(typeof file === 'string' ? file : JSON.stringify(file), passphrase);

describe('the seed file', () => {
  it('opens with its passphrase alone', () => {
    expect(open(sealed)).toEqual({ ok: true, value: { entropy, origin: 'operator' } });
    expect(open(sealed, 'wrong')).toMatchObject({ ok: false, refusal: { code: 'keystore.wrong_passphrase' } });
  });

  it('holds nothing readable, and never the same twice', () => {
    expect(JSON.stringify(sealed)).not.toContain(Buffer.from(entropy).toString('hex'));
    const again = sealSeed({ entropy, origin: 'operator' }, 'correct horse', CHEAP);
    expect([again.kdf.salt, again.cipher.nonce, again.ciphertext]).not.toEqual([sealed.kdf.salt, sealed.cipher.nonce, sealed.ciphertext]);
  });

  const altered: [string, Partial<SeedFile>][] = [
    ['the origin', { origin: 'demo' }],
    ['the salt', { kdf: { ...sealed.kdf, salt: '00'.repeat(32) } }],
    ['the cost', { kdf: { ...sealed.kdf, n: 2048 } }],
    ['the nonce', { cipher: { ...sealed.cipher, nonce: '00'.repeat(12) } }],
    ['the tag', { cipher: { ...sealed.cipher, tag: '00'.repeat(16) } }],
    ['the ciphertext', { ciphertext: '00'.repeat(32) }],
  ];
  it.each(altered)('does not open when %s was altered', (_name, change) => {
    expect(open({ ...sealed, ...change })).toMatchObject({ ok: false, refusal: { code: 'keystore.wrong_passphrase' } });
  });

  const malformed: [string, unknown][] = [
    ['empty', ''],
    ['no JSON', '{'],
    ['of another version', { ...sealed, version: 2 }],
    ['of another cipher', { ...sealed, cipher: { ...sealed.cipher, name: 'aes-128-ctr' } }],
    ['short', { ...sealed, ciphertext: '00' }],
    ['costless', { ...sealed, kdf: { ...sealed.kdf, n: 0 } }],
    ['null', null],
  ];
  it.each(malformed)('that is %s is none', (_name, file) => {
    expect(open(file ?? 'null')).toMatchObject({ ok: false, refusal: { code: 'keystore.malformed' } });
  });
});

describe('the seed at boot', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'signer-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const settings = (mode: 'demo' | 'production', passphrase: string | undefined = 'p') => ({
    KEYSTORE_PATH: join(folder, 'keys', 'keystore.json'),
    BAILEE_MODE: mode,
    ...(passphrase === undefined ? {} : { KEYSTORE_PASSPHRASE: passphrase }),
  });
  const fault = (code: string) => expect.objectContaining({ name: 'Fault', code, retryable: false });

  it('is made once by a demo, for its owner alone, and found again', () => {
    const first = loadSeed(settings('demo'));
    expect(first.origin).toBe('demo');
    expect(statSync(settings('demo').KEYSTORE_PATH).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'keys'))).toEqual(['keystore.json']);
    expect(loadSeed(settings('demo'))).toEqual(first);
  });

  it('is never made in production, and the message says what to do', () => {
    expect(() => loadSeed(settings('production'))).toThrow(fault('keystore.missing'));
    expect(() => loadSeed(settings('production'))).toThrow(/create-keystore/);
    expect(existsSync(settings('production').KEYSTORE_PATH)).toBe(false);
  });

  it('of a demo never guards production', () => {
    loadSeed(settings('demo'));
    expect(() => loadSeed(settings('production'))).toThrow(fault('keystore.demo_seed'));
  });

  it('needs its passphrase', () => {
    loadSeed(settings('demo'));
    expect(() => loadSeed(settings('demo', 'other'))).toThrow(fault('keystore.wrong_passphrase'));
    expect(() => loadSeed(settings('demo', ''))).toThrow(fault('keystore.no_passphrase'));
    expect(() => loadSeed({ ...settings('demo'), KEYSTORE_PASSPHRASE_FILE: join(folder, 'none') })).toThrow(
      fault('keystore.no_passphrase'),
    );
    writeFileSync(join(folder, 'passphrase'), 'p\n');
    expect(loadSeed({ ...settings('demo', undefined), KEYSTORE_PASSPHRASE_FILE: join(folder, 'passphrase') }).origin).toBe('demo');
  });

  it('is refused when others can read it', () => {
    loadSeed(settings('demo'));
    chmodSync(settings('demo').KEYSTORE_PATH, 0o644);
    expect(() => loadSeed(settings('demo'))).toThrow(fault('keystore.permissions'));
  });

  it('is never overwritten', () => {
    loadSeed(settings('demo'));
    const before = readFileSync(settings('demo').KEYSTORE_PATH, 'utf8');
    expect(() => writeSeed(settings('demo').KEYSTORE_PATH, { entropy, origin: 'operator' }, 'p')).toThrow(fault('keystore.exists'));
    expect(readFileSync(settings('demo').KEYSTORE_PATH, 'utf8')).toBe(before);
    expect(readdirSync(join(folder, 'keys'))).toEqual(['keystore.json']);
  });
});
