import { isAssetCode, refuse, type Refusal, type Result } from '#kernel';
import type { EntityManager } from 'typeorm';
import { afterSuspect, type Currency, currencyOf, judge, type Jump, type KeptObservation, type Observation, parsePrice } from './price.js';
import { DEFAULT_MAX_AGE_MS, keepObservations, lastOf, newestOf, type Told, toldBy } from './prices.store.js';
import type { Quote } from './source.js';

/** Of one transaction. */
const CHUNK = 5_000;

export interface Recorded {
  readonly kept: number;
  /** Of those kept: what waits for confirmation. */
  readonly suspect: number;
  /** What was no price of ours at all, and is kept nowhere. */
  readonly refused: readonly { readonly quote: Quote; readonly refusal: Refusal }[];
}
export interface RecordLimits {
  readonly now: Date;
  readonly mostJumpBps: number;
  /** How long a jump must stand before its only source may confirm it. */
  readonly dwellMs: number;
  /** The other sources that are asked, and what they say now. */
  readonly others?: readonly Other[];
}
export interface Other {
  readonly source: string;
  readonly says: readonly Pick<Quote, 'asset' | 'currency' | 'asOf'>[];
}

/**
 * Judges what a source says beside what is known, and keeps it: zero, negative, of the future and unreadable prices are refused; one that jumps further than
 * `mostJumpBps` waits until another source confirms it, or, where there is none, until it has stood for a while. A source goes forward only: of a pair, what is not newer than the newest it has told is no news. `run` is a
 * transaction: a long history is kept in chunks, oldest first, so that what is interrupted goes on where it was.
 */
export async function recordQuotes(
  run: <T>(work: (em: EntityManager) => Promise<T>) => Promise<T>,
  source: string,
  quotes: readonly Quote[],
  limits: RecordLimits,
): Promise<Recorded> {
  const refused: { quote: Quote; refusal: Refusal }[] = [];
  const pairs = new Map<string, Observation[]>();
  for (const quote of quotes) {
    const read = observationOf(source, quote, limits.now);
    if (!read.ok) {
      refused.push({ quote, refusal: read.refusal });
      continue;
    }
    const pair = `${quote.asset} ${quote.currency}`;
    const known = pairs.get(pair);
    if (known) known.push(read.value);
    else pairs.set(pair, [read.value]);
  }
  let [kept, suspect] = [0, 0];
  for (const [first, ...more] of pairs.values()) {
    if (!first) continue;
    const newest = await run((em) => newestOf(em, source, first.asset, first.currency));
    const others = await othersOf(run, first, limits);
    const fresh = inOrder([first, ...more], newest);
    for (let done = 0; done < fresh.length; done += CHUNK) {
      const chunk = await run((em) => keepChunk(em, first, fresh.slice(done, done + CHUNK), others, limits));
      [kept, suspect] = [kept + chunk.kept, suspect + chunk.suspect];
    }
  }
  return { kept, suspect, refused };
}

/** Oldest first, each moment once: what is said of it first stays. */
function inOrder(observations: readonly Observation[], after: Date | null): Observation[] {
  const ordered = observations.filter((o) => after === null || o.asOf > after).sort((a, b) => a.asOf.getTime() - b.asOf.getTime());
  return ordered.filter((one, index) => one.asOf.getTime() !== ordered[index - 1]?.asOf.getTime());
}

async function keepChunk(
  em: EntityManager,
  pair: Pick<Observation, 'asset' | 'currency'>,
  fresh: readonly Observation[],
  others: readonly Told[],
  limits: RecordLimits,
): Promise<{ kept: number; suspect: number }> {
  const [first] = fresh;
  if (!first) return { kept: 0, suspect: 0 };
  const last = await lastOf(em, pair.asset, pair.currency, first.asOf);
  let { accepted } = last;
  let jump = last.suspects.reduce<Jump | null>((known, one) => afterSuspect(known, one, limits.mostJumpBps), null);
  const judged = fresh.map((one) => {
    const verdict = judge(one, accepted, jump, speak(others, one.asOf), limits);
    const kept: KeptObservation = { ...one, standing: verdict.standing };
    if (verdict.standing === 'accepted') accepted = kept;
    jump = verdict.jump;
    return kept;
  });
  return { kept: await keepObservations(em, judged), suspect: judged.filter((o) => o.standing === 'suspect').length };
}

/** When other sources told of a pair, this round included. */
async function othersOf(
  run: <T>(work: (em: EntityManager) => Promise<T>) => Promise<T>,
  { asset, currency }: Pick<Observation, 'asset' | 'currency'>,
  { others = [] }: RecordLimits,
): Promise<Told[]> {
  if (others.length === 0) return [];
  const names = others.map((other) => other.source);
  const told = await run((em) => toldBy(em, names, asset, currency));
  for (const { says } of others) {
    let [from, to]: [Date | null, Date | null] = [null, null];
    for (const one of says) {
      if (one.asset !== asset || one.currency !== currency) continue;
      if (from === null || one.asOf < from) from = one.asOf;
      if (to === null || one.asOf > to) to = one.asOf;
    }
    if (from && to) told.push({ from, to });
  }
  return told;
}

/** Whether another source speaks of the pair about a time: one that was silent for longer than a price lasts confirms nothing. */
const speak = (others: readonly Told[], at: Date): boolean =>
  others.some(({ from, to }) => at.getTime() >= from.getTime() - DEFAULT_MAX_AGE_MS && at.getTime() <= to.getTime() + DEFAULT_MAX_AGE_MS);

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
