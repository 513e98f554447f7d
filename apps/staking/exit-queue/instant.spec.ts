import fc from 'fast-check';
import { amount } from '#kernel';
import { mayExitAtOnce, priceInstant, type InstantFacts, type InstantTerms } from './instant.js';

const terms: InstantTerms = { enabled: true, minSpreadBps: 20, maxSpreadBps: 300, fullBuffer: amount(1_000_000n) };
const facts: InstantFacts = {
  offered: true,
  terms,
  rateStanding: 'current',
  bunker: false,
  slashed: false,
  reportDue: false,
  buffer: amount(1_000_000n),
};
const codeOf = (change: Partial<InstantFacts>): string => {
  const result = mayExitAtOnce({ ...facts, ...change });
  return result.ok ? 'ok' : result.refusal.code;
};
const paysOf = (buffer: bigint, value: bigint, of = terms) => {
  const price = priceInstant(of, amount(buffer), amount(value));
  if (!price.ok) throw new Error(price.refusal.code);
  return price.value;
};

describe('an instant exit', () => {
  it('is refused where it is not offered, and where somebody may know the rate to be stale', () => {
    expect(codeOf({})).toBe('ok');
    expect(codeOf({ offered: false })).toBe('instant.not_offered');
    expect(codeOf({ terms: null })).toBe('instant.not_offered');
    expect(codeOf({ terms: { ...terms, enabled: false } })).toBe('instant.not_offered');
    expect(codeOf({ bunker: true })).toBe('instant.paused');
    expect(codeOf({ slashed: true })).toBe('instant.paused');
    expect(codeOf({ rateStanding: 'late' })).toBe('instant.rate_not_current');
    expect(codeOf({ rateStanding: 'held' })).toBe('instant.rate_not_current');
    expect(codeOf({ reportDue: true })).toBe('instant.report_due');
  });

  it('costs more the emptier the buffer is', () => {
    expect(paysOf(2_000_000n, 10_000n)).toMatchObject({ spreadBps: 20, pays: 9_980n, bufferLeft: 1_990_020n });
    expect(paysOf(1_000_000n, 1_000_000n)).toMatchObject({ spreadBps: 160, pays: 984_000n }); // the mean of 20 and 300
    expect(paysOf(10_000n, 10_000n).spreadBps).toBe(299);
  });

  it('refuses more than there is, and what would leave nothing', () => {
    expect(priceInstant(terms, amount(5n), amount(6n))).toMatchObject({ refusal: { code: 'instant.buffer_too_small' } });
    expect(priceInstant(terms, amount(1_000n), amount(1n))).toMatchObject({ refusal: { code: 'unstake.nothing' } });
    expect(priceInstant(terms, amount(0n), amount(0n))).toMatchObject({ refusal: { code: 'unstake.nothing' } });
  });

  it('never pays more than the value less the least spread, nor less than the value less the most', () => {
    const curve = fc.record({
      buffer: fc.bigInt({ min: 1n, max: 10n ** 24n }),
      part: fc.integer({ min: 1, max: 1_000 }),
      min: fc.nat(5_000),
      more: fc.nat(5_000),
      full: fc.bigInt({ min: 1n, max: 10n ** 24n }),
    });
    fc.assert(
      fc.property(curve, ({ buffer, part, min, more, full }) => {
        const value = (buffer * BigInt(part)) / 1_000n;
        const of: InstantTerms = { enabled: true, minSpreadBps: min, maxSpreadBps: min + more, fullBuffer: amount(full) };
        const price = priceInstant(of, amount(buffer), amount(value));
        if (!price.ok) return;
        const fee = value - price.value.pays;
        expect(fee * 10_000n).toBeGreaterThanOrEqual(value * BigInt(min));
        expect((fee - 1n) * 10_000n).toBeLessThanOrEqual(value * BigInt(min + more));
        expect(price.value.bufferLeft).toBe(buffer - price.value.pays);
        // the spread stays in the buffer, so a second exit never pays more a unit than the first
        const again = priceInstant(of, price.value.bufferLeft, amount(value));
        if (again.ok && price.value.bufferLeft >= value) expect(again.value.pays).toBeLessThanOrEqual(price.value.pays + 1n);
      }),
      { numRuns: 300 },
    );
  });
});
