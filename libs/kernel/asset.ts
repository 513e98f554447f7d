import { type Amount, LARGEST } from './amount.js';
import { invariant } from './invariant.js';
import { ok, refuse, type Result } from './result.js';

/** An asset the ledger can hold. `id` is its number in the ledger and never changes; `decimals` is the exponent of its base unit. */
export interface Asset {
  readonly code: string;
  readonly id: number;
  readonly decimals: number;
  /** `native`: money. `share`: a claim on a pool, conserved by the same machinery. */
  readonly kind: 'native' | 'share';
  /** Of a share asset: the pool whose assets it claims, and what they are. */
  readonly claim?: { readonly asset: string; readonly pool: string };
}

const share = <C extends string, P extends string>(code: C, id: number, pool: P) =>
  ({ code, id, decimals: 18, kind: 'share', claim: { asset: 'ETH', pool } }) as const;

const registry = {
  ETH: { code: 'ETH', id: 1, decimals: 18, kind: 'native' },
  'ETH-PAYOUT-1': share('ETH-PAYOUT-1', 1001, 'eth-payout-1'),
  'ETH-COMPOUND-1': share('ETH-COMPOUND-1', 1002, 'eth-compound-1'),
  // pools with the validators of one client each; one that is opened takes the next
  'ETH-DEDICATED-1': share('ETH-DEDICATED-1', 1011, 'eth-dedicated-1'),
  'ETH-DEDICATED-2': share('ETH-DEDICATED-2', 1012, 'eth-dedicated-2'),
  'ETH-DEDICATED-3': share('ETH-DEDICATED-3', 1013, 'eth-dedicated-3'),
  'ETH-DEDICATED-4': share('ETH-DEDICATED-4', 1014, 'eth-dedicated-4'),
} as const satisfies Record<string, Asset>;

export type AssetCode = keyof typeof registry;
export const assets: Readonly<Record<AssetCode, Asset>> = registry;

/** What a share claims, where the asset is one. */
export function claimOf(code: AssetCode): { readonly asset: AssetCode; readonly pool: string } | null {
  const claim = assets[code].claim;
  return claim === undefined || !isAssetCode(claim.asset) ? null : { asset: claim.asset, pool: claim.pool };
}

export const isAssetCode = (code: string): code is AssetCode => Object.hasOwn(registry, code);

export function asset(code: string): Asset {
  invariant(isAssetCode(code), 'asset.unknown', { code });
  return registry[code];
}

const DECIMAL = /^(0|[1-9]\d{0,38})(?:\.(\d{1,30}))?$/;

/**
 * Parses a decimal string in asset units ("5", "0.0001") to base units. Refusals: `amount.malformed` (not a plain decimal: no sign, no
 * exponent, no leading zeros), `amount.precision_exceeded` (more decimals than the asset has, trailing zeros included), `amount.too_large`.
 */
export function parseDecimal(of: Asset, text: string): Result<Amount> {
  const match = DECIMAL.exec(text);
  if (!match)
    return refuse('amount.malformed', 'An amount is a plain positive decimal such as "5" or "0.25".', { amount: text.slice(0, 64) });
  const [, whole = '0', fraction = ''] = match;
  if (fraction.length > of.decimals) {
    return refuse('amount.precision_exceeded', `${of.code} has ${of.decimals} decimals.`, { amount: text, decimals: of.decimals });
  }
  const units = BigInt(whole + fraction.padEnd(of.decimals, '0'));
  if (units > LARGEST) return refuse('amount.too_large', 'The amount is beyond what the ledger can hold.', { amount: text });
  return ok(units as Amount);
}

/** Base units as a decimal string in asset units, without trailing zeros: 5000000000000000000n of ETH is "5". Signed for a Delta. */
export function formatDecimal(of: Asset, units: bigint): string {
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(of.decimals + 1, '0');
  const whole = digits.slice(0, digits.length - of.decimals);
  const fraction = digits.slice(digits.length - of.decimals).replace(/0+$/, '');
  return sign + whole + (fraction ? '.' + fraction : '');
}
