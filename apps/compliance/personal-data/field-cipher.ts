/**
 * Field-level encryption at rest: AES-256-GCM, a fresh 96-bit nonce a value, and the value's own place (table, row, field) as additional
 * data, so that a ciphertext moved to another row or column does not open.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { Fault, invariant } from '#kernel';

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_BYTES = 4;
const HEAD_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES;

const derive = (key: Buffer, use: string): Buffer => Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `bailee/compliance/${use}`, 32));

export class FieldCipher {
  /** Says which key made a ciphertext without saying anything about the key. */
  readonly keyId: string;
  readonly #encryption: Buffer;
  readonly #hashing: Buffer;

  /** @param keyHex 32 bytes, hexadecimal */
  constructor(keyHex: string) {
    invariant(/^[0-9a-f]{64}$/i.test(keyHex), 'pii.key_malformed');
    const key = Buffer.from(keyHex, 'hex');
    this.#encryption = derive(key, 'encryption');
    this.#hashing = derive(key, 'hashing');
    this.keyId = derive(key, 'id').toString('hex', 0, KEY_ID_BYTES);
  }

  /** @param place where the value is kept, e.g. `personal_data/<uuid>/full_name` */
  seal(place: string, text: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#encryption, nonce).setAAD(Buffer.from(place));
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(FORMAT), Buffer.from(this.keyId, 'hex'), nonce, cipher.getAuthTag(), body]);
  }

  /** Faults (never retryable): `pii.sealed_by_another_key`, `pii.altered`. Their messages carry nothing of the value. */
  open(place: string, sealed: Buffer): string {
    const keyId = sealed.toString('hex', 1, 1 + KEY_ID_BYTES);
    if (sealed.length < HEAD_BYTES || sealed[0] !== FORMAT)
      throw new Fault('pii.altered', `What is kept at ${place} is no sealed value.`, false);
    if (keyId !== this.keyId) throw new Fault('pii.sealed_by_another_key', `What is kept at ${place} was sealed by key ${keyId}.`, false);
    const nonce = sealed.subarray(1 + KEY_ID_BYTES, 1 + KEY_ID_BYTES + NONCE_BYTES);
    const tag = sealed.subarray(HEAD_BYTES - TAG_BYTES, HEAD_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#encryption, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(place)).setAuthTag(tag);
    try {
      return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new Fault('pii.altered', `What is kept at ${place} does not open.`, false, { cause });
    }
  }

  /** A keyed hash: names and birthdays are few enough to be guessed from a plain one. Hex. */
  fingerprint(text: string): string {
    return createHmac('sha256', this.#hashing).update(text).digest('hex');
  }
}
