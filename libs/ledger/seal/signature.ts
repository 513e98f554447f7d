/** Ed25519 (RFC 8032) over a line of text a person can read, so that a signature can be checked with any tool. */
import { createPrivateKey, createPublicKey, hkdfSync, sign, verify, type KeyObject } from 'node:crypto';
import type { Block } from './block.js';

export type SealedPosition = Pick<Block, 'log' | 'seq' | 'previous' | 'hash'>;

/** DER of an Ed25519 key up to its 32 bytes (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const PURPOSE = 'bailee/seal/ed25519/v1';

/** The bytes that are signed. Hashes are lower-case hex without 0x. */
export const sealStatement = ({ log, seq, previous, hash }: SealedPosition): Buffer =>
  Buffer.from(`bailee seal v1\nlog ${log}\nseq ${seq}\nprevious ${previous}\nhash ${hash}\n`);

/** Signs seals. Holds a private key and gives out only signatures and the public key. */
export class SealKey {
  private readonly key: KeyObject;
  /** 32 bytes, hex. */
  readonly publicKey: string;

  private constructor(secret: Uint8Array) {
    this.key = createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: 'der', type: 'pkcs8' });
    this.publicKey = createPublicKey(this.key).export({ format: 'der', type: 'spki' }).subarray(SPKI.length).toString('hex');
  }

  /** HKDF-SHA-256 (RFC 5869) of a BIP-39 seed under a purpose of its own: nothing about the keys that move money follows from it, nor the other way round. */
  static fromSeed(seed: Uint8Array): SealKey {
    return new SealKey(new Uint8Array(hkdfSync('sha256', seed, Buffer.alloc(0), PURPOSE, 32)));
  }

  /** 64 bytes, hex. */
  sign(position: SealedPosition): string {
    return sign(null, sealStatement(position), this.key).toString('hex');
  }
}

/** False also for a key or a signature that is none. */
export function isSealSignature(position: SealedPosition, signature: string, publicKey: string): boolean {
  if (!/^[0-9a-f]{128}$/.test(signature) || !/^[0-9a-f]{64}$/.test(publicKey)) return false;
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI, Buffer.from(publicKey, 'hex')]), format: 'der', type: 'spki' });
    return verify(null, sealStatement(position), key, Buffer.from(signature, 'hex'));
  } catch {
    return false;
  }
}
