import { asset, formatDecimal } from '#kernel';

/** A quantity on the wire under the name N: a decimal in asset units, and beside it the same in base units. Strings both; signed for a Delta. */
export type Named<N extends string> = { readonly [K in N | `${N}_atomic`]: string };
export type Money = Named<'amount'>;

/** `named('reward', 'ETH', 5n * 10n ** 17n)` is `{ reward: "0.5", reward_atomic: "500000000000000000" }`. Throws InvariantBroken `asset.unknown`. */
export const named = <N extends string>(name: N, code: string, units: bigint): Named<N> =>
  ({ [name]: formatDecimal(asset(code), units), [`${name}_atomic`]: units.toString() }) as Named<N>;

/** The same as `amount` and `amount_atomic`. */
export const money = (code: string, units: bigint): Money => named('amount', code, units);
