import type { Hex } from 'viem';

const FULL_EXIT = /^0x([0-9a-f]{96})0{16}$/;

/** EIP-7002: exactly 56 bytes, the validator key and an amount of Gwei in big-endian order; 0 asks for a full exit. */
export const encodeExitCall = (pubkey: string): Hex => `0x${pubkey.slice(2)}${'00'.repeat(8)}`;

/** The key of a full exit; null when the calldata is anything else (a partial withdrawal among them). */
export function decodeExitCall(data: string): Hex | null {
  const match = FULL_EXIT.exec(data);
  return match ? `0x${match[1]}` : null;
}
