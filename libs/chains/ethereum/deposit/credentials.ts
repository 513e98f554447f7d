import type { Hex } from 'viem';

const EXECUTION = /^0x0[12]0{22}([0-9a-f]{40})$/;

/** Withdrawal credentials of type 0x01: pay out to this address. */
export const withdrawalCredentials = (address: string): Hex => `0x01${'00'.repeat(11)}${address.slice(2).toLowerCase()}`;

/** The address that credentials of type 0x01 or 0x02 pay out to; null for any other kind (BLS keys, builders, unknown). */
export function addressOfCredentials(credentials: string): Hex | null {
  const match = EXECUTION.exec(credentials);
  return match ? `0x${match[1]}` : null;
}
