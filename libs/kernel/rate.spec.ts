import fc from 'fast-check';
import { addSums, NO_SUMS, parseSums, rateOf, rateOver, subtractSums, type RateSums } from './rate.js';

const DAY = 86_400n;
const ETH = 10n ** 18n;
const period = (reward: bigint, more: Partial<RateSums> = {}): RateSums => {
  const seconds = more.seconds ?? DAY;
  return { ...NO_SUMS, seconds, exposure: 32n * ETH * seconds, reward, commission: reward > 0n ? reward / 10n : 0n, samples: 1n, ...more };
};
const all = (...periods: RateSums[]): RateSums => periods.reduce(addSums, NO_SUMS);

describe('rates', () => {
  it('are a year of what was earned over principal and time, gross and net, with their sample count', () => {
    expect(rateOf(period(ETH / 100n), 'payout')).toMatchObject({ gross: '0.114140', net: '0.102726', seconds: 86_400, samples: 1 });
    const mixed = all(period(ETH / 100n), period(0n), period(-(ETH / 100n)));
    expect(rateOf(mixed, 'payout')).toMatchObject({ gross: '0.000000', net: '-0.003804', samples: 3 });
  });

  it('say what they are made of, how days are counted and as of when', () => {
    const mixed = period(ETH / 100n, { priorityFees: ETH / 400n, mev: ETH / 400n });
    const rate = rateOver('30d', mixed, 'payout', '2026-01-05T09:00:00.000Z');
    expect(rate).toMatchObject({ window: '30d', as_of: '2026-01-05T09:00:00.000Z' });
    expect(rate.components).toEqual({ consensus: '0.057070', priority_fees: '0.028535', mev: '0.028535' });
    expect(rate.day_count).toMatch(/^actual\/365\.25/);
  });

  it('are null without data, and never a guess', () => {
    for (const mode of ['payout', 'compound'] as const)
      expect(rateOf(NO_SUMS, mode)).toMatchObject({ gross: null, net: null, apy: null, components: null, samples: 0 });
  });

  it('count what covers bore for the clients, and not as a reward', () => {
    expect(rateOf(period(-ETH / 100n, { covered: ETH / 100n }), 'payout')).toMatchObject({ gross: '-0.114140', net: '0.000000' });
  });
});

describe('an APY', () => {
  it('is stated only where rewards compound, with its formula', () => {
    expect(rateOf(period(ETH / 100n), 'payout')).toMatchObject({ apy: null, apy_formula: null });
    // (1 + 0.102726 / 365)^365 - 1
    expect(rateOf(period(ETH / 100n), 'compound')).toMatchObject({ net: '0.102726', apy: '0.108172' });
    expect(rateOf(period(ETH / 100n), 'compound').apy_formula).toContain('(1 + net / n)^n - 1');
  });

  it('is negative with its rate, at most the whole, and not stated where it would say nothing', () => {
    expect(rateOf(period(-ETH / 100n), 'compound').apy).toBe('-0.107883');
    expect(rateOf(period(-32n * ETH), 'compound').apy).toBe('-1.000000');
    expect(rateOf(period(10n * ETH), 'compound')).toMatchObject({ apy: null });
  });
});

const arbitrary = fc.record({
  seconds: fc.bigInt(1n, 10n ** 8n),
  principal: fc.bigInt(1n, 10n ** 24n),
  reward: fc.bigInt(-(10n ** 22n), 10n ** 22n),
  commission: fc.bigInt(0n, 10n ** 21n),
});
const sumsOf = (p: { seconds: bigint; principal: bigint; reward: bigint; commission: bigint }, samples = 1n): RateSums => ({
  ...NO_SUMS,
  ...{ seconds: p.seconds, exposure: p.seconds * p.principal, reward: p.reward, commission: p.commission, samples },
});

describe('whatever the figures', () => {
  it('a period cut in two anywhere gives the same rate', () => {
    fc.assert(
      fc.property(arbitrary, fc.bigInt(0n, 10n ** 8n), fc.bigInt(-(10n ** 22n), 10n ** 22n), (whole, cut, part) => {
        const seconds = cut % (whole.seconds + 1n);
        const one = sumsOf({ ...whole, seconds, reward: part, commission: 0n }, 0n);
        const two = sumsOf({ ...whole, seconds: whole.seconds - seconds, reward: whole.reward - part });
        for (const mode of ['payout', 'compound'] as const) expect(rateOf(addSums(one, two), mode)).toEqual(rateOf(sumsOf(whole), mode));
      }),
    );
  });

  it('a loss reads as the gain of its size, with a minus', () => {
    fc.assert(
      fc.property(arbitrary, (p) => {
        const minus = (text: string | null): string | null => (text === null || /^0\.0+$/.test(text) ? text : `-${text}`);
        const gain = rateOf(sumsOf({ ...p, reward: p.reward < 0n ? -p.reward : p.reward, commission: 0n }), 'payout');
        const loss = rateOf(sumsOf({ ...p, reward: p.reward < 0n ? p.reward : -p.reward, commission: 0n }), 'payout');
        expect(loss.gross).toBe(minus(gain.gross));
        expect(loss.net).toBe(minus(gain.net));
      }),
    );
  });

  it('a stretch of a history is the difference of its running totals', () => {
    fc.assert(
      fc.property(fc.array(arbitrary, { minLength: 1, maxLength: 20 }), fc.nat(), (periods, at) => {
        const from = at % periods.length;
        const total = (some: typeof periods): RateSums => all(...some.map((p) => sumsOf(p)));
        expect(subtractSums(total(periods), total(periods.slice(0, from)))).toEqual(total(periods.slice(from)));
      }),
    );
  });

  it('net is never above gross, and compounding never below its rate where that is a gain', () => {
    fc.assert(
      fc.property(arbitrary, (p) => {
        const { gross, net, apy } = rateOf(sumsOf(p), 'compound');
        expect(Number(net)).toBeLessThanOrEqual(Number(gross));
        if (apy !== null && Number(net) > 0) expect(Number(apy)).toBeGreaterThanOrEqual(Number(net));
      }),
    );
  });

  it('reads sums as a database writes them', () => {
    const row = { seconds: '1', exposure: '2', reward: '-3', commission: 4, covered: '5', priorityFees: '6', mev: '7', samples: 8 };
    expect(parseSums(row)).toEqual({
      seconds: 1n,
      exposure: 2n,
      reward: -3n,
      commission: 4n,
      covered: 5n,
      priorityFees: 6n,
      mev: 7n,
      samples: 8n,
    });
  });
});
