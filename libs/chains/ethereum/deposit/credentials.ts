import type { Hex } from 'viem';
import type { CredentialsType } from '../../port.js';

const EXECUTION = /^0x0[12]0{22}([0-9a-f]{40})$/;

const PREFIX: Readonly<Record<CredentialsType, string>> = { eth1: '0x01', compounding: '0x02' };

/** Withdrawal credentials that pay out to this address: 0x01, or 0x02 for a compounding validator (EIP-7251). */
export const withdrawalCredentials = (address: string, type: CredentialsType = 'eth1'): Hex =>
  `${PREFIX[type]}${'00'.repeat(11)}${address.slice(2).toLowerCase()}` as Hex;

/** The kind of credentials of type 0x01 or 0x02; null for any other. */
export function typeOfCredentials(credentials: string): CredentialsType | null {
  if (!EXECUTION.test(credentials)) return null;
  return credentials.startsWith(PREFIX.eth1) ? 'eth1' : 'compounding';
}

/** The address that credentials of type 0x01 or 0x02 pay out to; null for any other kind (BLS keys, builders, unknown). */
export function addressOfCredentials(credentials: string): Hex | null {
  const match = EXECUTION.exec(credentials);
  return match ? `0x${match[1]}` : null;
}
