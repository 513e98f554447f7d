/** The rule of EIP-1559 for the base fee of a block, from its parent. */
import type { Hex } from './hex.js';

const ELASTICITY = 2n;
const CHANGE_DENOMINATOR = 8n;

/** Wei. */
export function nextBaseFee(parent: { readonly baseFeePerGas: Hex; readonly gasUsed: Hex; readonly gasLimit: Hex }): bigint {
  const [base, used, limit] = [BigInt(parent.baseFeePerGas), BigInt(parent.gasUsed), BigInt(parent.gasLimit)];
  const target = limit / ELASTICITY;
  const change = (distance: bigint): bigint => (base * distance) / target / CHANGE_DENOMINATOR;
  if (used <= target) return base - change(target - used);
  const rise = change(used - target);
  return base + (rise > 0n ? rise : 1n);
}
