/** One period of a pool as its rate needs it: base units, seconds. */
export interface EarningPeriod {
  readonly seconds: bigint;
  /** What was at work. */
  readonly principal: bigint;
  /** Of all sources; negative when losses outweigh. */
  readonly reward: bigint;
  readonly commission: bigint;
  /** Of the reward: what blocks paid. */
  readonly priorityFees: bigint;
  readonly mev: bigint;
}

export const rateWindows = { '1d': 86_400n, '7d': 604_800n, '30d': 2_592_000n, inception: null } as const;
export type RateWindow = keyof typeof rateWindows;
export const rateWindowNames = Object.keys(rateWindows) as RateWindow[];

export interface Rate {
  readonly window: RateWindow;
  /** A year's return as a fraction to six places, not compounded; negative when it is, null without a report. */
  readonly gross: string | null;
  /** After commission. */
  readonly net: string | null;
  /** What `gross` is made of. */
  readonly components: { readonly consensus: string; readonly priority_fees: string; readonly mev: string } | null;
  readonly seconds: number;
  readonly samples: number;
  readonly method: string;
}

const METHOD = 'rewards of the reports that end in the window, over their principal and time, times 365.25 days; applied reports only';
const YEAR_SECONDS = 31_557_600n;
const MILLIONTHS = 1_000_000n;

/** The one formula of rates in the house. `periods` newest first; the window ends with the newest and holds whole periods only. */
export function rateOver(window: RateWindow, periods: readonly EarningPeriod[]): Rate {
  const inside = within(rateWindows[window], periods);
  const sum = (of: (period: EarningPeriod) => bigint): bigint => inside.reduce((total, period) => total + of(period), 0n);
  const exposure = sum((p) => p.principal * p.seconds);
  const base = { window, seconds: Number(sum((p) => p.seconds)), samples: inside.length, method: METHOD };
  if (exposure === 0n) return { ...base, gross: null, net: null, components: null };
  const yearly = (units: bigint): string => fraction(units * YEAR_SECONDS, exposure);
  return {
    ...base,
    gross: yearly(sum((p) => p.reward)),
    net: yearly(sum((p) => p.reward - p.commission)),
    components: {
      consensus: yearly(sum((p) => p.reward - p.priorityFees - p.mev)),
      priority_fees: yearly(sum((p) => p.priorityFees)),
      mev: yearly(sum((p) => p.mev)),
    },
  };
}

function within(length: bigint | null, periods: readonly EarningPeriod[]): EarningPeriod[] {
  const inside: EarningPeriod[] = [];
  let seconds = 0n;
  for (const period of periods) {
    if (length !== null && inside.length > 0 && seconds + period.seconds > length) break;
    inside.push(period);
    seconds += period.seconds;
  }
  return inside;
}

/** Rounded towards zero. */
function fraction(numerator: bigint, denominator: bigint): string {
  const scaled = (numerator * MILLIONTHS) / denominator;
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(7, '0');
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
