import type { Hex } from 'viem';
import { invariant, type Amount } from '#kernel';
import { fromGwei, toGwei } from '../units.js';

const REQUEST = /^0x([0-9a-f]{96})([0-9a-f]{16})$/;

/** What EIP-7002 calldata asks for: everything (a full exit), or a part of a compounding validator's balance. */
export type WithdrawalRequest =
  { readonly kind: 'exit'; readonly pubkey: Hex } | { readonly kind: 'partial'; readonly pubkey: Hex; readonly amount: Amount };

/** EIP-7002: exactly 56 bytes, the validator key and an amount of Gwei in big-endian order; 0 asks for a full exit. */
export const encodeExitCall = (pubkey: string): Hex => encode(pubkey, 0n);

/** The same with an amount: wei, whole Gwei, above zero (zero would be an exit). */
export function encodePartialWithdrawalCall(pubkey: string, amount: Amount): Hex {
  const gwei = toGwei(amount);
  invariant(gwei !== null && gwei > 0n && gwei < 2n ** 64n, 'withdrawal_request.amount', { amount: amount.toString() });
  return encode(pubkey, gwei);
}

/** Reads the calldata of either; null when it is neither. */
export function decodeWithdrawalRequest(data: string): WithdrawalRequest | null {
  const match = REQUEST.exec(data);
  if (!match) return null;
  const pubkey: Hex = `0x${match[1]}`;
  const gwei = BigInt(`0x${match[2]}`);
  return gwei === 0n ? { kind: 'exit', pubkey } : { kind: 'partial', pubkey, amount: fromGwei(gwei) };
}

/** The key of a full exit; null when the calldata is anything else (a partial withdrawal among them). */
export function decodeExitCall(data: string): Hex | null {
  const request = decodeWithdrawalRequest(data);
  return request?.kind === 'exit' ? request.pubkey : null;
}

const encode = (pubkey: string, gwei: bigint): Hex => `0x${pubkey.slice(2)}${gwei.toString(16).padStart(16, '0')}`;
