/**
 * Money. Every quantity is an integer of base units (wei, planck, uatom); `number` never carries money.
 * Three brands keep apart what must not be mixed: an Amount is what somebody owns (never negative), Shares are a claim on a pool,
 * a Delta is a signed change.
 */
import { invariant } from './invariant.js';

declare const amountBrand: unique symbol;
declare const sharesBrand: unique symbol;
declare const deltaBrand: unique symbol;

/** A non-negative whole number of an asset's base units. */
export type Amount = bigint & { readonly [amountBrand]: true };
/** A non-negative whole number of a pool's shares. */
export type Shares = bigint & { readonly [sharesBrand]: true };
/** A signed whole number of base units: a change, a difference, a reward that may be a penalty. */
export type Delta = bigint & { readonly [deltaBrand]: true };

/** The ledger stores amounts below 10^38 (numeric, scale 0). */
export const LARGEST = 10n ** 38n - 1n;

/** How a quotient is made whole. Always an argument, never a default: who gains the fraction is a decision. */
export type Rounding = 'floor' | 'ceil';

export const ZERO = 0n as Amount;
export const NO_SHARES = 0n as Shares;

/** Brands a bigint as an Amount. A negative or oversized value is a broken invariant, not a refusal: inputs are parsed by `parseDecimal`. */
export function amount(units: bigint): Amount {
  invariant(units >= 0n && units <= LARGEST, 'amount.out_of_range', { units: units.toString() });
  return units as Amount;
}

export function shares(units: bigint): Shares {
  invariant(units >= 0n && units <= LARGEST, 'shares.out_of_range', { units: units.toString() });
  return units as Shares;
}

export function delta(units: bigint): Delta {
  invariant(units >= -LARGEST && units <= LARGEST, 'delta.out_of_range', { units: units.toString() });
  return units as Delta;
}

type Counted = Amount | Shares;

/** The sum of terms of one brand. */
export const add = <T extends Counted>(first: T, ...terms: T[]): T =>
  checked(
    terms.reduce<bigint>((sum, term) => sum + term, first),
    first,
  );

/** a − b of one brand; the caller has checked a ≥ b, a negative result is a broken invariant. */
export const subtract = <T extends Counted>(a: T, b: T): T => checked((a as bigint) - (b as bigint), a);

export const difference = (a: Amount, b: Amount): Delta => delta(a - b);
export const smaller = <T extends bigint>(a: T, b: T): T => (a < b ? a : b);
export const larger = <T extends bigint>(a: T, b: T): T => (a > b ? a : b);

function checked<T extends Counted>(units: bigint, _brand: T): T {
  invariant(units >= 0n && units <= LARGEST, 'amount.out_of_range', { units: units.toString() });
  return units as T;
}

/** ⌊a·b/c⌋ or ⌈a·b/c⌉ over non-negative integers, without an intermediate loss. */
export function mulDiv(a: bigint, b: bigint, c: bigint, rounding: Rounding): bigint {
  invariant(a >= 0n && b >= 0n && c > 0n, 'muldiv.domain', { a: String(a), b: String(b), c: String(c) });
  const product = a * b;
  const quotient = product / c;
  return rounding === 'ceil' && quotient * c !== product ? quotient + 1n : quotient;
}

/** A fraction in basis points (1/10,000) of an amount. */
export function basisPoints(of: Amount, bps: number, rounding: Rounding): Amount {
  invariant(Number.isInteger(bps) && bps >= 0 && bps <= 10_000, 'basis_points.out_of_range', { bps });
  return amount(mulDiv(of, BigInt(bps), 10_000n, rounding));
}

/**
 * Splits `total` in proportion to `weights` so that the parts always sum to the total: floors first, then one unit each to the largest
 * remainders, ties to the lower index (so the result is a pure function of its arguments). All weights zero is refused by invariant.
 */
export function share(total: Amount, weights: readonly bigint[]): Amount[] {
  const sum = weights.reduce((a, b) => a + b, 0n);
  invariant(sum > 0n && weights.every((w) => w >= 0n), 'share.weights', { weights: weights.map(String) });
  const parts = weights.map((w, index) => ({ index, floor: (total * w) / sum, remainder: (total * w) % sum }));
  let left = total - parts.reduce((a, p) => a + p.floor, 0n);
  const byRemainder = [...parts].sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  for (const part of byRemainder) {
    if (left === 0n) break;
    part.floor += 1n;
    left -= 1n;
  }
  return parts.map((p) => amount(p.floor));
}
