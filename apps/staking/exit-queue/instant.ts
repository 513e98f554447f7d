import { amount, ok, refuse, subtract, type Amount, type Result } from '#kernel';

/** At what an instant exit is priced, as two people decided. */
export interface InstantTerms {
  readonly enabled: boolean;
  /** Taken off the value while the buffer is full, and of the last unit of it; basis points. */
  readonly minSpreadBps: number;
  readonly maxSpreadBps: number;
  /** The buffer at and above which the spread is least. */
  readonly fullBuffer: Amount;
}

export interface InstantFacts {
  /** Whether the house offers it at all, and what two people set for this pool; null: nothing yet. */
  readonly offered: boolean;
  readonly terms: InstantTerms | null;
  /** Whether there is a rate to trade on: it stands, the pool is not paused, and no report is due that may change it. */
  readonly rateStanding: 'current' | 'late' | 'held';
  readonly bunker: boolean;
  /** A validator of the pool was seen slashed and has not left, or people still look into one that was. */
  readonly slashed: boolean;
  readonly reportDue: boolean;
  readonly buffer: Amount;
}

/**
 * A rate that somebody may know to be stale is not traded on (A9). Refusals: instant.not_offered, instant.paused, instant.rate_not_current,
 * instant.report_due.
 */
export function mayExitAtOnce({ offered, terms, rateStanding, bunker, slashed, reportDue }: InstantFacts): Result<InstantTerms> {
  if (!offered || !terms?.enabled)
    return refuse('instant.not_offered', 'This product has no instant exit. An exit by the queue is always open.');
  if (bunker || slashed) return refuse('instant.paused', 'Instant exits are paused while this pool is in trouble.');
  if (rateStanding !== 'current')
    return refuse('instant.rate_not_current', 'There is no rate to trade on until the next report is applied.', { standing: rateStanding });
  if (reportDue) return refuse('instant.report_due', 'A report is due that may change the rate: ask again after it.');
  return ok(terms);
}

export interface InstantPrice {
  readonly value: Amount;
  /** What the client is paid; the rest stays in the buffer. */
  readonly pays: Amount;
  readonly spreadBps: number;
  readonly bufferLeft: Amount;
}

/**
 * The spread grows in a straight line from the least, at a full buffer, to the most, at an empty one; each unit that is taken is charged what its
 * place on the line says, rounded up in favour of the buffer. So a large exit is charged what many small ones are together, and the last unit
 * costs most. Refusals: instant.buffer_too_small, unstake.nothing.
 */
export function priceInstant(terms: InstantTerms, buffer: Amount, value: Amount): Result<InstantPrice> {
  if (value > buffer)
    return refuse('instant.buffer_too_small', 'The instant buffer does not hold so much.', {
      buffer_atomic: buffer.toString(),
      value_atomic: value.toString(),
    });
  const fee = feeFor(terms, buffer, value);
  if (value <= fee) return refuse('unstake.nothing', 'Nothing would be left of so little.');
  const pays = amount(value - fee);
  return ok({ value, pays, spreadBps: Number((fee * 10_000n + value - 1n) / value), bufferLeft: subtract(buffer, pays) });
}

/** ∫ of the spread from `buffer − value` to `buffer`, exactly, then rounded up once. */
function feeFor({ minSpreadBps, maxSpreadBps, fullBuffer }: InstantTerms, buffer: bigint, value: bigint): bigint {
  const [least, most] = [BigInt(minSpreadBps), BigInt(maxSpreadBps)];
  const low = buffer - value;
  const knee = buffer < fullBuffer ? buffer : fullBuffer;
  const sloped = low < knee ? knee - low : 0n;
  // over the slope the mean spread is that of its middle: most − (most − least)·(low + knee)/(2·full)
  const slope = sloped * (2n * fullBuffer * most - (most - least) * (low + knee));
  const flat = (value - sloped) * least * 2n * fullBuffer;
  const divisor = 2n * fullBuffer * 10_000n;
  return (slope + flat + divisor - 1n) / divisor;
}
