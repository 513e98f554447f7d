/**
 * Rates: the one arithmetic of them in the house. A rate is a year of what was earned over principal and time. It is made of sums alone, so
 * that a period cut in two gives the same rate, and any stretch of a history is one subtraction of running totals.
 */

/** What one period, or any number of them, adds to a rate: base units, seconds. */
export interface RateSums {
  readonly seconds: bigint;
  /** Σ principal × seconds: what was at work, and for how long. */
  readonly exposure: bigint;
  /** Of all sources; negative when losses outweigh. */
  readonly reward: bigint;
  readonly commission: bigint;
  /** Of the losses: what others than the clients bore. */
  readonly covered: bigint;
  /** Of the reward: what blocks paid. */
  readonly priorityFees: bigint;
  readonly mev: bigint;
  /** Reports. */
  readonly samples: bigint;
}
const figures = ['seconds', 'exposure', 'reward', 'commission', 'covered', 'priorityFees', 'mev', 'samples'] as const;

export const NO_SUMS: RateSums = {
  seconds: 0n,
  exposure: 0n,
  reward: 0n,
  commission: 0n,
  covered: 0n,
  priorityFees: 0n,
  mev: 0n,
  samples: 0n,
};

const each = (of: (figure: keyof RateSums) => bigint): RateSums =>
  Object.fromEntries(figures.map((figure) => [figure, of(figure)])) as unknown as RateSums;
export const addSums = (a: RateSums, b: RateSums): RateSums => each((figure) => a[figure] + b[figure]);
export const subtractSums = (a: RateSums, b: RateSums): RateSums => each((figure) => a[figure] - b[figure]);
/** Sums as a database gives them: decimal texts. */
export const parseSums = (row: Readonly<Record<keyof RateSums, string | number>>): RateSums => each((figure) => BigInt(row[figure]));

/** Seconds; null is everything since the first report. */
export const rateWindows = { '1d': 86_400n, '7d': 604_800n, '30d': 2_592_000n, inception: null } as const;
export type RateWindow = keyof typeof rateWindows;
export const rateWindowNames = Object.keys(rateWindows) as RateWindow[];

/** How a pool turns rewards into wealth: `compound` raises what a share is worth, `payout` pays them out. */
export type RateMode = 'payout' | 'compound';

export interface Rate {
  /** APR before commission: a fraction of a year to six places, not compounded; negative when it is, null without a report. */
  readonly gross: string | null;
  /** APR after commission, and with what covers bore of losses. */
  readonly net: string | null;
  /** What a year at `net` makes where rewards compound; null where they do not, and beyond what is worth saying. */
  readonly apy: string | null;
  readonly apy_formula: string | null;
  /** What `gross` is made of. */
  readonly components: { readonly consensus: string; readonly priority_fees: string; readonly mev: string } | null;
  readonly day_count: string;
  readonly method: string;
  readonly seconds: number;
  /** Reports that it is made of. */
  readonly samples: number;
}
export interface WindowRate extends Rate {
  readonly window: RateWindow;
  /** When the newest report that it is made of was applied. */
  readonly as_of: string | null;
}

const YEAR_SECONDS = 31_557_600n;
const DAY_COUNT = 'actual/365.25: seconds as they passed, a year of 365.25 days of 86,400 seconds';
const METHOD =
  'rewards of the applied reports whose periods lie in the window (at least the newest), over their principal times their seconds, times a year; ' +
  'net is after commission and with what covers bore of losses';
const APY_FORMULA = '(1 + net / n)^n - 1, where n is how many reports a year has at the pace of the window, rounded down';
const MILLIONTHS = 1_000_000n;
/** 1, for powers. */
const ONE = 10n ** 36n;
/** A year that makes more than ten times its principal is an artefact of a small network: its APY says nothing. */
const LARGEST_APR = 10n;

/** Rounded towards zero, so that a loss and a gain of the same size read the same. */
export function rateOf(sums: RateSums, mode: RateMode): Rate {
  const { exposure } = sums;
  const base = { day_count: DAY_COUNT, method: METHOD, seconds: Number(sums.seconds), samples: Number(sums.samples) };
  const apyFormula = mode === 'compound' ? APY_FORMULA : null;
  if (exposure <= 0n) return { gross: null, net: null, apy: null, apy_formula: apyFormula, components: null, ...base };
  const yearly = (units: bigint): string => fraction(units * YEAR_SECONDS, exposure);
  const earned = sums.reward - sums.commission + sums.covered;
  return {
    gross: yearly(sums.reward),
    net: yearly(earned),
    apy: mode === 'compound' ? compounded(earned, sums) : null,
    apy_formula: apyFormula,
    components: {
      consensus: yearly(sums.reward - sums.priorityFees - sums.mev),
      priority_fees: yearly(sums.priorityFees),
      mev: yearly(sums.mev),
    },
    ...base,
  };
}

export const rateOver = (window: RateWindow, sums: RateSums, mode: RateMode, asOf: string | null): WindowRate => ({
  window,
  ...rateOf(sums, mode),
  as_of: asOf,
});

function compounded(earned: bigint, { exposure, seconds, samples }: RateSums): string | null {
  if (earned * YEAR_SECONDS > exposure * LARGEST_APR) return null;
  const paces = seconds === 0n ? 0n : (YEAR_SECONDS * samples) / seconds;
  const times = paces < 1n ? 1n : paces;
  const factor = ONE + (earned * YEAR_SECONDS * ONE) / (exposure * times);
  return fraction(factor <= 0n ? -ONE : power(factor, times) - ONE, ONE);
}

function power(factor: bigint, times: bigint): bigint {
  let [result, square] = [ONE, factor];
  for (let left = times; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) / ONE;
    square = (square * square) / ONE;
  }
  return result;
}

function fraction(numerator: bigint, denominator: bigint): string {
  const scaled = (numerator * MILLIONTHS) / denominator;
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(7, '0');
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
