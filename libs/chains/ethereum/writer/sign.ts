import { keccak256, serializeTransaction, toHex, type Hex } from 'viem';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { ok, refuse, type Result } from '#kernel';
import { toBytes } from '../hex.js';
import { openEnvelope } from './decode.js';

export interface SignedTransaction {
  readonly signed: Hex;
  readonly hash: Hex;
}

/**
 * Signs exactly these bytes. The signature is deterministic (RFC 6979): the same bytes and key always give the same transaction.
 * Refusals: `transaction.undecodable`, `transaction.already_signed`.
 */
export function signTransaction(unsigned: string, privateKey: Uint8Array): Result<SignedTransaction> {
  const opened = openEnvelope(unsigned);
  if (!opened.ok) return opened;
  if (opened.value.signature) return refuse('transaction.already_signed', 'The transaction carries a signature already.');
  const made = secp256k1.sign(toBytes(keccak256(unsigned as Hex)), privateKey, { prehash: false, lowS: true, format: 'recovered' });
  const parts = secp256k1.Signature.fromBytes(made, 'recovered');
  const signed = serializeTransaction(opened.value.body, {
    r: toHex(parts.r, { size: 32 }),
    s: toHex(parts.s, { size: 32 }),
    yParity: parts.recovery ?? 0,
  });
  return ok({ signed, hash: keccak256(signed) });
}
