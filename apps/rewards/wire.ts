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

/** The same with a name in front: `named('reward', …)` gives `reward` and `reward_atomic`. */
export const named = <N extends string>(name: N, asset: AssetCode, units: bigint): Record<N | `${N}_atomic`, string> =>
  ({ [name]: formatDecimal(assetOf(asset), units), [`${name}_atomic`]: units.toString() }) as Record<N | `${N}_atomic`, string>;
