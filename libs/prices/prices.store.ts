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

/** Moments of one query. */
const MOMENTS = 5_000;

/** The prices of many moments, and of no others: as large as what is asked for, however many prices are kept. */
export class PricesOf {
  private constructor(
    private readonly found: ReadonlyMap<number, KeptObservation>,
    private readonly maxAgeMs: number,
  ) {}

  static async load(
    em: EntityManager,
    pair: { readonly asset: string; readonly currency: Currency },
    moments: readonly Date[],
    maxAgeMs: number = DEFAULT_MAX_AGE_MS,
  ): Promise<PricesOf> {
    const wanted = [...new Set(moments.map((moment) => moment.getTime()))].sort((a, b) => a - b);
    const found = new Map<number, KeptObservation>();
    let last: KeptObservation | null = null;
    for (let done = 0; done < wanted.length; done += MOMENTS) {
      const rows: (ObservationRow & { moment: Date })[] = await em.query(
        `SELECT moment, ${COLUMNS} FROM prices.prices_at($1, $2, $3::timestamptz[])`,
        [pair.asset, pair.currency, wanted.slice(done, done + MOMENTS).map((time) => new Date(time))],
      );
      for (const row of rows) {
        const next: KeptObservation = observation(row);
        // many moments share a price, and keep one of it
        last = last !== null && same(last, next) ? last : next;
        found.set(row.moment.getTime(), last);
      }
    }
    return new PricesOf(found, maxAgeMs);
  }

  /** Of one of the moments asked for. Refusals as priceAt(). */
  at(at: Date): Result<KeptObservation> {
    return usable(this.found.get(at.getTime()) ?? null, at, this.maxAgeMs);
  }
}

const same = (a: KeptObservation, b: KeptObservation): boolean =>
  a.asOf.getTime() === b.asOf.getTime() && a.source === b.source && a.price === b.price && a.standing === b.standing;

/** What is known of a pair up to a time: the last accepted price, and what waits for confirmation since, oldest first. */
export async function lastOf(
  em: EntityManager,
  asset: string,
  currency: Currency,
  at: Date,
): Promise<{ accepted: KeptObservation | null; suspects: readonly KeptObservation[] }> {
  const rows: ObservationRow[] = await em.query(`SELECT ${COLUMNS} FROM prices.last_of($1, $2, $3)`, [asset, currency, at]);
  const all = rows.map(observation);
  const suspects = all.filter((o) => o.standing === 'suspect').sort((a, b) => a.asOf.getTime() - b.asOf.getTime());
  return { accepted: all.find((o) => o.standing === 'accepted') ?? null, suspects };
}

/** From when to when a source has told of a pair. */
export interface Told {
  readonly from: Date;
  readonly to: Date;
}
export function toldBy(em: EntityManager, sources: readonly string[], asset: string, currency: Currency): Promise<Told[]> {
  return em.query<Told[]>('SELECT "from", "to" FROM prices.told_by($1, $2, $3)', [sources, asset, currency]);
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
