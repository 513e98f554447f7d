import { asset as assetOf, formatDecimal, type AssetCode } from '#kernel';

/** A quantity as on the wire: a decimal in asset units, and base units. */
export interface Money {
  readonly amount: string;
  readonly amount_atomic: string;
}

export const money = (asset: AssetCode, units: bigint): Money => ({
  amount: formatDecimal(assetOf(asset), units),
  amount_atomic: units.toString(),
});

/** A ratio of two quantities of equal decimals, to 18 places, rounded down. */
export function ratio(numerator: bigint, denominator: bigint): string | null {
  if (denominator === 0n) return null;
  const scale = 10n ** 18n;
  const scaled = (numerator * scale) / denominator;
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(19, '0');
  const fraction = digits.slice(-18).replace(/0+$/, '');
  return (scaled < 0n ? '-' : '') + digits.slice(0, -18) + (fraction ? `.${fraction}` : '');
}
