import type { Confirmation } from './confirmation.js';
import type { Simulation, Trailing } from './limits.js';
import { YEAR_SECONDS } from './plausibility.js';
import type { Reading } from './reading.js';
import type { Observation } from './report.js';

/** Validators shown by name. */
const SHOWN = 10;
const BPS = 10_000n;

/** A validator that is far from the pace of the others. Base units. */
export interface Outlier {
  readonly pubkey: string;
  readonly opening: string;
  readonly reward: string;
  /** A year's reward at this pace, basis points of its opening; null where it opened with nothing. */
  readonly annual_bps: string | null;
}

/** What a report was judged by, kept with it as it was then. Texts only: it is hashed, stored and shown as it stands. */
export interface Evidence {
  readonly limits: readonly Reading[];
  readonly sources: {
    readonly asked: number;
    readonly compared: number;
    /** null: no second source was asked. */
    readonly agree: boolean | null;
    readonly differing: Confirmation['differing'];
  };
  readonly trailing: { readonly days: number; readonly reward_atomic: string; readonly annual_bps: string | null };
  readonly loss_carried: { readonly before_atomic: string; readonly after_atomic: string };
  readonly commission_bps: number;
  readonly median_annual_bps: string | null;
  readonly outliers: readonly Outlier[];
}

export function evidenceOf(of: {
  readonly simulation: Simulation;
  readonly observations: readonly Observation[];
  readonly seconds: bigint;
  readonly confirmation: Confirmation;
  readonly trailing: Trailing;
  readonly trailingDays: number;
  readonly lossCarried: bigint;
  readonly commissionBps: number;
}): Evidence {
  const { simulation, confirmation, trailing } = of;
  const { median, outliers } = farFromTheRest(of.observations, of.seconds);
  return {
    limits: simulation.readings,
    sources: {
      asked: confirmation.asked,
      compared: confirmation.compared,
      agree: confirmation.asked < 2 ? null : confirmation.differing.length === 0,
      differing: confirmation.differing.slice(0, SHOWN),
    },
    trailing: {
      days: of.trailingDays,
      reward_atomic: trailing.reward.toString(),
      annual_bps: trailing.exposure === 0n ? null : ((trailing.reward * BPS * YEAR_SECONDS) / trailing.exposure).toString(),
    },
    loss_carried: { before_atomic: of.lossCarried.toString(), after_atomic: simulation.lossCarried.toString() },
    commission_bps: of.commissionBps,
    median_annual_bps: median === null ? null : median.toString(),
    outliers,
  };
}

/** By pace, that is reward over opening balance: those farthest from the median. */
function farFromTheRest(observations: readonly Observation[], seconds: bigint): { median: bigint | null; outliers: Outlier[] } {
  const paced = observations.map((o) => ({
    o,
    pace: o.opening === 0n || seconds === 0n ? null : (o.reward * BPS * YEAR_SECONDS) / (o.opening * seconds),
  }));
  const paces = paced.flatMap(({ pace }) => (pace === null ? [] : [pace])).sort((a, b) => (a < b ? -1 : 1));
  const median = paces[Math.floor(paces.length / 2)] ?? null;
  const away = ({ o, pace }: (typeof paced)[number]): bigint => {
    const distance = pace === null ? o.reward : pace - (median ?? 0n);
    return distance < 0n ? -distance : distance;
  };
  const outliers = [...paced].sort((a, b) => (away(a) > away(b) ? -1 : 1)).slice(0, SHOWN);
  return {
    median,
    outliers: outliers.map(({ o, pace }) => ({
      pubkey: o.pubkey,
      opening: o.opening.toString(),
      reward: o.reward.toString(),
      annual_bps: pace === null ? null : pace.toString(),
    })),
  };
}
