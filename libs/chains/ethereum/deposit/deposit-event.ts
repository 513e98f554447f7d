import { decodeAbiParameters, encodeAbiParameters, type Hex } from 'viem';
import type { Amount } from '#kernel';
import { isHex, toBytes } from '../hex.js';
import { fromGwei } from '../units.js';

/** keccak256("DepositEvent(bytes,bytes,bytes,bytes,bytes)") */
export const DEPOSIT_EVENT: Hex = '0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5';

export interface DepositEvent {
  readonly pubkey: Hex;
  readonly withdrawalCredentials: Hex;
  readonly amount: Amount;
  readonly signature: Hex;
  /** Deposits of the contract are numbered from 0 without a gap. */
  readonly index: bigint;
}

const bytes = { type: 'bytes' } as const;
const types = [bytes, bytes, bytes, bytes, bytes] as const;
/** Amount (Gwei) and number are 8 bytes in little-endian order. */
const littleEndian = (hex: Hex): bigint => BigInt(`0x${Buffer.from(toBytes(hex)).reverse().toString('hex')}`);

/** Null when the data is anything else than the contract would write. */
export function decodeDepositEvent(data: string): DepositEvent | null {
  try {
    const [pubkey, withdrawalCredentials, amount, signature, index] = decodeAbiParameters(types, data as Hex);
    const lengths = [isHex(pubkey, 48), isHex(withdrawalCredentials, 32), isHex(amount, 8), isHex(signature, 96), isHex(index, 8)];
    if (lengths.includes(false)) return null;
    if (encodeAbiParameters(types, [pubkey, withdrawalCredentials, amount, signature, index]) !== data) return null;
    return { pubkey, withdrawalCredentials, amount: fromGwei(littleEndian(amount)), signature, index: littleEndian(index) };
  } catch {
    return null;
  }
}
