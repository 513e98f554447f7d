import { getAddress, type Hex } from 'viem';
import { ok, refuse, type Result } from '#kernel';

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;

/**
 * An address as a person typed it. Written in one case it carries no checksum and is taken as it is; in mixed case the case is the
 * checksum (EIP-55) and must be right. Refusals: `address.malformed`, `address.checksum`.
 */
export function parseAddress(text: string): Result<Hex> {
  if (!ADDRESS.test(text)) {
    return refuse('address.malformed', 'An address is 0x and 40 hexadecimal digits.', { address: text.slice(0, 64) });
  }
  const digits = text.slice(2);
  const lower = text.toLowerCase() as Hex;
  const mixed = digits !== digits.toLowerCase() && digits !== digits.toUpperCase();
  if (mixed && getAddress(lower) !== text) {
    return refuse(
      'address.checksum',
      'The upper and lower case of this address does not match its checksum: check it for a typing error.',
      {
        address: text,
      },
    );
  }
  return ok(lower);
}

/** EIP-55. */
export const displayAddress = (address: string): string => getAddress(address);
