import { isAssetCode, refuse, type Result } from '#kernel';
import type { EntityManager } from 'typeorm';
import { currencyOf, type Currency, type KeptObservation, type PriceStanding, usable } from './price.js';

/** A day: what a history of one price a day needs. */
export const DEFAULT_MAX_AGE_MS = 86_400_000;

interface ObservationRow {
  readonly asset: string;
  readonly currency: Currency;
  readonly price: string;
  readonly source: string;
  readonly as_of: Date;
  readonly fetched_at: Date;
  readonly standing: PriceStanding;
}
const COLUMNS = 'asset, currency, price, source, as_of, fetched_at, standing';
const observation = (row: ObservationRow): KeptObservation => ({
  asset: row.asset,
  currency: row.currency,
  price: BigInt(row.price),
  source: row.source,
  asOf: row.as_of,
  fetchedAt: row.fetched_at,
  standing: row.standing,
});

/**
 * The last price at or before a time. Refusals, all of which mean that nothing may be valued: price.currency_unknown, price.absent (an
 * unknown asset too), price.stale, price.invalid.
 */
export async function priceAt(
  em: EntityManager,
  asset: string,
  currency: string,
  at: Date,
  maxAgeMs: number = DEFAULT_MAX_AGE_MS,
): Promise<Result<KeptObservation>> {
  const known = pairOf(asset, currency);
  if (!known.ok) return known;
  const rows: ObservationRow[] = await em.query(`SELECT ${COLUMNS} FROM prices.price_at($1, $2, $3)`, [asset, currency, at]);
  return usable(rows[0] ? observation(rows[0]) : null, at, maxAgeMs);
}

/** The newest accepted price of each source at or before a time, for compare(). */
export async function pricesBySource(em: EntityManager, asset: string, currency: Currency, at: Date): Promise<KeptObservation[]> {
  const rows: ObservationRow[] = await em.query(`SELECT ${COLUMNS} FROM prices.by_source($1, $2, $3)`, [asset, currency, at]);
  return rows.map(observation);
}

function pairOf(asset: string, currency: string): Result<Currency> {
  const known = currencyOf(currency);
  if (known.ok && !isAssetCode(asset)) return refuse('price.absent', 'There is no price of this asset.', { asset: asset.slice(0, 32) });
  return known;
}

/** All that is needed to value many moments of one period: read once, asked often. */
export class PriceSeries {
  private constructor(
    /** Oldest first. */
    private readonly observations: readonly KeptObservation[],
    private readonly maxAgeMs: number,
  ) {}

  /** For moments in [from, to]. */
  static async load(
    em: EntityManager,
    pair: { readonly asset: string; readonly currency: Currency },
    period: { readonly from: Date; readonly to: Date },
    maxAgeMs: number = DEFAULT_MAX_AGE_MS,
  ): Promise<PriceSeries> {
    const rows: ObservationRow[] = await em.query(`SELECT ${COLUMNS} FROM prices.series($1, $2, $3, $4)`, [
      pair.asset,
      pair.currency,
      period.from,
      period.to,
    ]);
    return new PriceSeries(rows.map(observation), maxAgeMs);
  }

  static of(observations: readonly KeptObservation[], maxAgeMs: number = DEFAULT_MAX_AGE_MS): PriceSeries {
    return new PriceSeries(observations, maxAgeMs);
  }

  /** Refusals as priceAt(). */
  at(at: Date): Result<KeptObservation> {
    let [low, high] = [0, this.observations.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.observations[middle]?.asOf.getTime() ?? Infinity) <= at.getTime()) low = middle + 1;
      else high = middle;
    }
    return usable(this.observations[low - 1] ?? null, at, this.maxAgeMs);
  }
}

/** What is known of a pair up to a time: the last accepted price, and what waits for confirmation since. */
export async function lastOf(
  em: EntityManager,
  asset: string,
  currency: Currency,
  at: Date,
): Promise<{ accepted: KeptObservation | null; suspect: KeptObservation | null }> {
  const rows: ObservationRow[] = await em.query(`SELECT ${COLUMNS} FROM prices.last_of($1, $2, $3)`, [asset, currency, at]);
  const all = rows.map(observation);
  return { accepted: all.find((o) => o.standing === 'accepted') ?? null, suspect: all.find((o) => o.standing === 'suspect') ?? null };
}

/** Keeps what is new; what a source said before for the same moment stays as it was said first. Returns how many are new. */
export async function keepObservations(em: EntityManager, observations: readonly KeptObservation[]): Promise<number> {
  if (observations.length === 0) return 0;
  const rows: { kept: string }[] = await em.query(
    'SELECT prices.record($1::text[], $2::text[], $3::numeric[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[]) AS kept',
    [
      observations.map((o) => o.asset),
      observations.map((o) => o.currency),
      observations.map((o) => o.price.toString()),
      observations.map((o) => o.source),
      observations.map((o) => o.asOf),
      observations.map((o) => o.fetchedAt),
      observations.map((o) => o.standing),
    ],
  );
  return Number(rows[0]?.kept ?? 0);
}

/** The newest moment that a source has told of a pair, or null. */
export async function newestOf(em: EntityManager, source: string, asset: string, currency: Currency): Promise<Date | null> {
  const [row]: { at: Date | null }[] = await em.query('SELECT prices.newest_of($1, $2, $3) AS at', [source, asset, currency]);
  return row?.at ?? null;
}
