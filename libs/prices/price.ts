import { type Asset, mulDiv, ok, refuse, type Result } from '#kernel';

/** A price is a whole number of 10^-18 of a currency for one unit of an asset (1 ETH): exact, never a double. */
export const PRICE_DECIMALS = 18;
const PRICE_UNIT = 10n ** BigInt(PRICE_DECIMALS);
/** A value is a whole number of 10^-8 of a currency. */
export const VALUE_DECIMALS = 8;
const VALUE_UNIT = 10n ** BigInt(VALUE_DECIMALS);
/** 10^20 of a currency for one unit of an asset: beyond it is a mistake. */
const LARGEST_PRICE = 10n ** 38n;

/** ISO 4217. What a client can be shown values in. */
export const currencies = ['HKD', 'USD', 'EUR', 'GBP', 'CHF', 'JPY', 'CNY', 'SGD', 'AUD', 'CAD'] as const;
export type Currency = (typeof currencies)[number];

/** Refusal: price.currency_unknown. */
export function currencyOf(text: string): Result<Currency> {
  const known = currencies.find((currency) => currency === text);
  return known === undefined
    ? refuse('price.currency_unknown', `Known currencies: ${currencies.join(', ')}.`, { currency: text.slice(0, 16) })
    : ok(known);
}

export interface Observation {
  readonly asset: string;
  readonly currency: Currency;
  /** Units of 10^-18 of the currency, > 0. */
  readonly price: bigint;
  readonly source: string;
  /** When it was the price. */
  readonly asOf: Date;
  /** When we were told. */
  readonly fetchedAt: Date;
}

/**
 * `accepted`, or `suspect`: it is further from the price before than may be, and nothing has confirmed it yet. Kept for ever either way.
 */
export type PriceStanding = 'accepted' | 'suspect';
export interface KeptObservation extends Observation {
  readonly standing: PriceStanding;
}

const DECIMAL = /^(0|[1-9]\d{0,20})(?:\.(\d{1,18}))?$/;

/** A decimal string ("3012.55"). Refusal: price.invalid (zero, negative, an exponent, more than 18 decimals, beyond belief). */
export function parsePrice(text: string): Result<bigint> {
  const match = DECIMAL.exec(text);
  if (!match) return refuse('price.invalid', 'A price is a plain positive decimal with at most 18 decimals.', { price: text.slice(0, 64) });
  const [, whole = '0', fraction = ''] = match;
  const price = BigInt(whole + fraction.padEnd(PRICE_DECIMALS, '0'));
  if (price === 0n || price > LARGEST_PRICE) return refuse('price.invalid', 'A price is above zero and within reason.', { price: text });
  return ok(price);
}

const decimal = (units: bigint, decimals: number): string => {
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0');
  const fraction = digits.slice(-decimals).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -decimals)}${fraction ? `.${fraction}` : ''}`;
};
export const formatPrice = (price: bigint): string => decimal(price, PRICE_DECIMALS);
/** A value (10^-8 of a currency) as a decimal string. */
export const formatValue = (value: bigint): string => decimal(value, VALUE_DECIMALS);

/** What so many base units are worth, in 10^-8 of the currency, rounded towards zero. Signed like the units. */
export function valueOf(asset: Asset, units: bigint, price: bigint): bigint {
  const value = mulDiv((units < 0n ? -units : units) * VALUE_UNIT, price, PRICE_UNIT * 10n ** BigInt(asset.decimals), 'floor');
  return units < 0n ? -value : value;
}

/** How far two prices are apart, in basis points of the lower one, rounded up: 0 only when they are equal. */
export function distanceBps(a: bigint, b: bigint): bigint {
  const [low, high] = a < b ? [a, b] : [b, a];
  return mulDiv(high - low, 10_000n, low, 'ceil');
}

/** Suspects one after the other that are near the first of them. */
export interface Jump {
  readonly first: Pick<Observation, 'price' | 'asOf'>;
  readonly sources: ReadonlySet<string>;
}
export interface JudgeLimits {
  readonly mostJumpBps: number;
  /** How long what jumped must stand before the source that said it may confirm it by itself. */
  readonly dwellMs: number;
}

/**
 * A price beside the last one accepted, and beside the jump that waits for confirmation. Another source confirms a jump at once; the same source
 * only where no `others` speak of this pair, and only after a while. Where others speak, the first price of a pair waits too.
 */
export function judge(
  price: Pick<Observation, 'price' | 'asOf' | 'source'>,
  accepted: Pick<Observation, 'price'> | null,
  jump: Jump | null,
  others: boolean,
  { mostJumpBps, dwellMs }: JudgeLimits,
): { readonly standing: PriceStanding; readonly jump: Jump | null } {
  const near = (other: Pick<Observation, 'price'>): boolean => distanceBps(price.price, other.price) <= BigInt(mostJumpBps);
  if (accepted === null ? !others : near(accepted)) return { standing: 'accepted', jump: null };
  const next = afterSuspect(jump, price, mostJumpBps);
  const alone = next.sources.size === 1;
  const stood = price.asOf.getTime() - next.first.asOf.getTime() >= dwellMs && next.first !== price;
  return !alone || (!others && stood) ? { standing: 'accepted', jump: null } : { standing: 'suspect', jump: next };
}

/** The jump after one more suspect: one far from its beginning begins another. */
export function afterSuspect(jump: Jump | null, price: Pick<Observation, 'price' | 'asOf' | 'source'>, mostJumpBps: number): Jump {
  return jump !== null && distanceBps(price.price, jump.first.price) <= BigInt(mostJumpBps)
    ? { first: jump.first, sources: new Set([...jump.sources, price.source]) }
    : { first: price, sources: new Set([price.source]) };
}

/** Whether a price may be used at a time. Refusals: price.absent, price.stale (older than may be), price.invalid (not confirmed). */
export function usable(newest: KeptObservation | null, at: Date, maxAgeMs: number): Result<KeptObservation> {
  if (newest === null || newest.asOf > at)
    return refuse('price.absent', 'There is no price at or before this time.', { at: at.toISOString() });
  const facts = { asset: newest.asset, currency: newest.currency, source: newest.source, asOf: newest.asOf.toISOString() };
  if (newest.price <= 0n) return refuse('price.invalid', 'The price is not above zero.', facts);
  if (newest.standing === 'suspect') return refuse('price.invalid', 'The last price jumped and nothing has confirmed it yet.', facts);
  if (at.getTime() - newest.asOf.getTime() > maxAgeMs) return refuse('price.stale', 'The last price is too old.', { ...facts, maxAgeMs });
  return ok(newest);
}

/**
 * Two sources beside each other, for limits that must not hang on one of them: what agrees within the tolerance gives the lower of the two,
 * what does not is refused. Refusals: price.invalid (zero or negative, another pair, one source twice), price.sources_differ.
 */
export function compare(
  a: Observation,
  b: Observation,
  toleranceBps: number,
): Result<{ readonly lower: Observation; readonly apartBps: number }> {
  const facts = { asset: a.asset, currency: a.currency, sources: [a.source, b.source] };
  if (a.price <= 0n || b.price <= 0n) return refuse('price.invalid', 'A price is not above zero.', facts);
  if (a.asset !== b.asset || a.currency !== b.currency || a.source === b.source)
    return refuse('price.invalid', 'Two prices are compared that are not one pair of two sources.', facts);
  const apart = distanceBps(a.price, b.price);
  if (apart > BigInt(toleranceBps))
    return refuse('price.sources_differ', 'The two sources are further apart than may be.', {
      ...facts,
      apartBps: String(apart),
      toleranceBps,
    });
  return ok({ lower: a.price <= b.price ? a : b, apartBps: Number(apart) });
}
