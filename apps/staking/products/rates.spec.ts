import { rateOver, type Published } from './rates.js';

const SCALE = 10n ** 27n;
const DAY_SLOTS = 7_200n;
const report = (day: bigint, more: Partial<Published> = {}): Published => ({
  toSlot: day * DAY_SLOTS,
  assets: 32_000n,
  shares: 32_000n,
  earningShares: 32_000n,
  lossCarried: 0n,
  rewardIndex: (day * SCALE) / 36_525n, // a year of this is 1 %
  reward: 0n,
  commission: 0n,
  ...more,
});

describe('rates', () => {
  it('are null while nothing was published', () => {
    expect(rateOver('7d', [], 12)).toMatchObject({ net: null, gross: null, samples: 0 });
    expect(rateOver('7d', [report(1n)], 12)).toMatchObject({ net: null });
  });

  it('are what a share got in the window, a year', () => {
    const reports = [10n, 9n, 8n, 7n, 3n, 1n].map((day) => report(day));
    expect(rateOver('1d', reports, 12)).toMatchObject({ samples: 1, seconds: 86_400 });
    expect(Number(rateOver('1d', reports, 12).net)).toBeCloseTo(0.01, 9);
    expect(Number(rateOver('inception', reports, 12).net)).toBeCloseTo(0.01, 9);
    expect(rateOver('7d', reports, 12)).toMatchObject({ samples: 4, seconds: 7 * 86_400 });
  });

  it('are negative when a loss outweighs the rewards', () => {
    const rate = rateOver('inception', [report(2n, { lossCarried: 320n }), report(1n)], 12);
    expect(Number(rate.net)).toBeLessThan(-3);
    expect(rate.net?.startsWith('-')).toBe(true);
  });

  it('show the commission between net and gross', () => {
    const rate = rateOver('inception', [report(2n, { commission: 32n }), report(1n)], 12);
    expect(Number(rate.gross) - Number(rate.net)).toBeCloseTo(0.001 * 365.25, 6);
  });
});
