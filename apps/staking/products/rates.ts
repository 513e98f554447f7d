import { ratio } from '../wire.js';

const YEAR_SECONDS = 31_557_600n;
const SCALE = 10n ** 27n;

/** A report as rates need it. */
export interface Published {
  readonly toSlot: bigint;
  readonly assets: bigint;
  readonly shares: bigint;
  readonly earningShares: bigint;
  readonly lossCarried: bigint;
  readonly rewardIndex: bigint;
  readonly reward: bigint;
  readonly commission: bigint;
}

export const windows = { '1d': 86_400n, '7d': 604_800n, '30d': 2_592_000n, inception: null } as const;
export type Window = keyof typeof windows;

export interface Rate {
  readonly window: Window;
  /** A year's return as a fraction, not compounded; null while nothing was published. Negative when it is. */
  readonly net: string | null;
  readonly gross: string | null;
  readonly seconds: number;
  readonly samples: number;
  readonly method: string;
}

const METHOD =
  'rewards a share over the window plus the change of what a share is worth, times 365.25 days over its length; published reports only';

/** `reports` newest first. Net: what a share got. Gross: before commission. */
export function rateOver(window: Window, reports: readonly Published[], secondsPerSlot: number): Rate {
  const [last] = reports;
  const length = windows[window];
  const since = length === null || !last ? null : last.toSlot - length / BigInt(secondsPerSlot);
  const earning = reports.filter((r) => r.shares > 0n);
  const inside = since === null ? earning : earning.filter((r) => r.toSlot > since);
  const before = reports.find((r) => r.shares > 0n && !inside.includes(r)) ?? inside.at(-1);
  const slots = last && before ? last.toSlot - before.toSlot : 0n;
  const seconds = slots * BigInt(secondsPerSlot);
  const base = { window, seconds: Number(seconds), samples: inside.length, method: METHOD };
  if (!last || !before || seconds === 0n || last.shares === 0n) return { ...base, net: null, gross: null };
  const worth = (r: Published): bigint => ((r.assets - r.lossCarried) * SCALE) / r.shares;
  const net = last.rewardIndex - before.rewardIndex + worth(last) - worth(before);
  const commission = inside
    .filter((r) => r !== before)
    .reduce((sum, r) => sum + (r.earningShares > 0n ? (r.commission * SCALE) / r.earningShares : 0n), 0n);
  return { ...base, net: ratio(net * YEAR_SECONDS, seconds * SCALE), gross: ratio((net + commission) * YEAR_SECONDS, seconds * SCALE) };
}
