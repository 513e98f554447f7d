import { isAssetCode, refuse, type Refusal, type Result } from '#kernel';
import type { EntityManager } from 'typeorm';
import { type Currency, currencyOf, judge, type KeptObservation, type Observation, parsePrice } from './price.js';
import { keepObservations, knownMoments, lastOf } from './prices.store.js';
import type { Quote } from './source.js';

export interface Recorded {
  readonly kept: number;
  /** Of those kept: what waits for confirmation. */
  readonly suspect: number;
  /** What was no price of ours at all, and is kept nowhere. */
  readonly refused: readonly { readonly quote: Quote; readonly refusal: Refusal }[];
}

/**
 * Judges what a source says beside what is known, and keeps it: zero, negative, of the future and unreadable prices are refused; one that jumps further than
 * `mostJumpBps` waits until a second one confirms it.
 */
export async function recordQuotes(
  em: EntityManager,
  source: string,
  quotes: readonly Quote[],
  limits: { readonly now: Date; readonly mostJumpBps: number },
): Promise<Recorded> {
  const refused: { quote: Quote; refusal: Refusal }[] = [];
  const pairs = new Map<string, Observation[]>();
  for (const quote of quotes) {
    const read = observationOf(source, quote, limits.now);
    if (!read.ok) refused.push({ quote, refusal: read.refusal });
    else pairs.set(`${quote.asset} ${quote.currency}`, [...(pairs.get(`${quote.asset} ${quote.currency}`) ?? []), read.value]);
  }
  let [kept, suspect] = [0, 0];
  for (const observations of pairs.values()) {
    const judged = await judgeAll(em, source, observations, limits.mostJumpBps);
    kept += await keepObservations(em, judged);
    suspect += judged.filter((o) => o.standing === 'suspect').length;
  }
  return { kept, suspect, refused };
}

async function judgeAll(em: EntityManager, source: string, observations: Observation[], mostJumpBps: number): Promise<KeptObservation[]> {
  const ordered = observations.sort((a, b) => a.asOf.getTime() - b.asOf.getTime());
  const [first] = ordered;
  if (!first) return [];
  const known = await knownMoments(
    em,
    source,
    first.asset,
    first.currency,
    ordered.map((o) => o.asOf),
  );
  const fresh = ordered.filter((o) => !known.has(o.asOf.getTime()));
  if (!fresh[0]) return [];
  let { accepted, suspect } = await lastOf(em, first.asset, first.currency, fresh[0].asOf);
  return fresh.map((one) => {
    const standing = judge(one, accepted, suspect, mostJumpBps);
    const judged: KeptObservation = { ...one, standing };
    if (standing === 'accepted') [accepted, suspect] = [judged, null];
    else suspect = judged;
    return judged;
  });
}

function observationOf(source: string, quote: Quote, now: Date): Result<Observation> {
  const currency: Result<Currency> = currencyOf(quote.currency);
  if (!currency.ok) return currency;
  if (!isAssetCode(quote.asset)) return refuse('price.invalid', 'There is no such asset.', { asset: quote.asset.slice(0, 32) });
  if (quote.asOf > now) return refuse('price.invalid', 'The price is of the future.', { asOf: quote.asOf.toISOString() });
  const price = parsePrice(quote.price);
  if (!price.ok) return price;
  return {
    ok: true,
    value: { asset: quote.asset, currency: currency.value, price: price.value, source, asOf: quote.asOf, fetchedAt: now },
  };
}
