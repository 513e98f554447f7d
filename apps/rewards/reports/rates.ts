/** A report as rates need it. */
export interface Paid {
  readonly toSlot: bigint;
  readonly seconds: bigint;
  readonly principal: bigint;
  readonly reward: bigint;
  readonly commission: bigint;
}

export const windows = { '1d': 86_400n, '7d': 604_800n, inception: null } as const;
export type Window = keyof typeof windows;

export interface Rate {
  readonly window: Window;
  /** A year's return as a fraction to six places, not compounded; negative when it is, null without a report. */
  readonly gross: string | null;
  /** After commission. */
  readonly net: string | null;
  readonly seconds: number;
  readonly samples: number;
  readonly method: string;
}

const METHOD = 'rewards of the reports that end in the window, over their principal and time, times 365.25 days; applied reports only';
const YEAR_SECONDS = 31_557_600n;
const MILLIONTHS = 1_000_000n;

/** `reports` newest first; the window ends with the newest and holds whole reports only. */
export function rateOver(window: Window, reports: readonly Paid[]): Rate {
  const length = windows[window];
  const inside: Paid[] = [];
  let seconds = 0n;
  for (const report of reports) {
    if (length !== null && inside.length > 0 && seconds + report.seconds > length) break;
    inside.push(report);
    seconds += report.seconds;
  }
  const exposure = inside.reduce((sum, r) => sum + r.principal * r.seconds, 0n);
  const reward = inside.reduce((sum, r) => sum + r.reward, 0n);
  const commission = inside.reduce((sum, r) => sum + r.commission, 0n);
  const base = { window, seconds: Number(seconds), samples: inside.length, method: METHOD };
  if (exposure === 0n) return { ...base, gross: null, net: null };
  return { ...base, gross: fraction(reward * YEAR_SECONDS, exposure), net: fraction((reward - commission) * YEAR_SECONDS, exposure) };
}

/** Rounded towards zero. */
function fraction(numerator: bigint, denominator: bigint): string {
  const scaled = (numerator * MILLIONTHS) / denominator;
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(7, '0');
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
