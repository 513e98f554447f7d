/** A ratio of two quantities of equal decimals, to 18 places, rounded towards zero. */
export function ratio(numerator: bigint, denominator: bigint): string | null {
  if (denominator === 0n) return null;
  const scale = 10n ** 18n;
  const scaled = (numerator * scale) / denominator;
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(19, '0');
  const fraction = digits.slice(-18).replace(/0+$/, '');
  return (scaled < 0n ? '-' : '') + digits.slice(0, -18) + (fraction ? `.${fraction}` : '');
}
