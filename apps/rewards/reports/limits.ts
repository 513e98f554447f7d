import { amount, basisPoints, delta, larger, type Amount, type Delta } from '#kernel';
import { implausible, YEAR_SECONDS, type Plausible } from './plausibility.js';
import type { Exceeded, Reading } from './reading.js';
import type { Execution, Observation } from './report.js';

/** A report beyond one of these waits for people. Basis points of the observed principal. */
export interface Limits extends Plausible {
  /** The most that one period may add. */
  readonly maxRiseBps: number;
  /** The most that one period may take. */
  readonly maxFallBps: number;
  /** The most that a year would add at the pace of the trailing window: catches what many small steps hide. */
  readonly maxAnnualBps: number;
  /** How far a loss may bring the pool below its high-water mark, earlier losses counted. */
  readonly maxBelowHighWaterBps: number;
  /** Periods of the usual length that one report may make up for. */
  readonly maxPeriods: number;
  /** Whether a loss must be seen by a second source that is independent of the first. */
  readonly confirmLoss: boolean;
}

/** Applied reports of the trailing window, summed. */
export interface Trailing {
  readonly reward: bigint;
  /** Σ principal × seconds. */
  readonly exposure: bigint;
}

/** What independent sources say of the same validators at the same finalised checkpoint. */
export interface Sources {
  /** How many were asked, each by itself; 1 where none was asked beside the first. */
  readonly asked: number;
  /** Validators of which they say different things. */
  readonly differing: number;
}

export interface Simulation {
  readonly principal: Amount;
  /** Of all sources. */
  readonly reward: Delta;
  /** At most: what staking books is less while a loss is carried, and for clients of tiers that pay less. */
  readonly commission: Amount;
  readonly annualBps: bigint;
  /** How far the pool would be below its high-water mark, at most. */
  readonly lossCarried: Amount;
  readonly readings: readonly Reading[];
  readonly exceeded: readonly Exceeded[];
}

export interface Observed {
  readonly observations: readonly Observation[];
  readonly execution: Execution;
  /** The most that one block paid. */
  readonly largestBlock: Amount;
  readonly principal: Amount;
  readonly seconds: bigint;
  /** Periods of the usual length that it covers. */
  readonly periods: bigint;
  /** The highest commission that may be in force. */
  readonly commissionBps: number;
  readonly lossCarried: Amount;
  readonly trailing: Trailing;
  readonly sources: Sources;
  readonly poolHeld: boolean;
  readonly limits: Limits;
}

const BPS = 10_000n;

export const rewardOf = (observations: readonly Observation[], { priorityFees, mev }: Execution): Delta =>
  delta(observations.reduce<bigint>((sum, o) => sum + o.reward, priorityFees + mev));

/** A fall of the whole, or of one validator that rewards of others hide: what nobody should believe one source alone. */
export function isLoss(observations: readonly Observation[], execution: Execution, maxFallBps: number): boolean {
  return rewardOf(observations, execution) < 0n || observations.some((o) => -o.reward * BPS > o.opening * BigInt(maxFallBps));
}

/** What a report would do, before it does anything. Pure. */
export function simulate(of: Observed): Simulation {
  const { principal, limits } = of;
  const reward = rewardOf(of.observations, of.execution);
  const exposure = of.trailing.exposure + principal * of.seconds;
  const earned = of.trailing.reward + reward;
  const lossCarried = carriedAfter(of.lossCarried, reward);
  const readings: Reading[] = [
    bps('rise', reward, principal, limits.maxRiseBps),
    bps('fall', -reward, principal, limits.maxFallBps),
    bps('annualised', earned * YEAR_SECONDS, exposure, limits.maxAnnualBps),
    bps('high_water', reward < 0n ? lossCarried : 0n, principal, limits.maxBelowHighWaterBps),
    count('long_period', of.periods, BigInt(limits.maxPeriods), 'periods'),
    ...implausible(of, limits),
    ...sourceReadings(of),
    { limit: 'pool_held', value: of.poolHeld ? 'held' : 'flowing', threshold: 'flowing', unit: 'state', exceeded: of.poolHeld },
  ];
  return {
    principal,
    reward,
    commission: commissionBound(reward, of.commissionBps),
    annualBps: exposure === 0n ? 0n : (earned * BPS * YEAR_SECONDS) / exposure,
    lossCarried,
    readings,
    exceeded: readings.filter((reading) => reading.exceeded).map((reading) => reading.limit),
  };
}

export const commissionBound = (reward: bigint, bps: number): Amount => basisPoints(amount(larger(reward, 0n)), bps, 'floor');
/** Later rewards make good what earlier losses took. */
export const carriedAfter = (carried: bigint, reward: bigint): Amount => amount(larger(carried - reward, 0n));

/** A loss is what one source alone may not say; whatever it is, two that differ are for people. */
function sourceReadings({ observations, execution, sources, limits }: Observed): Reading[] {
  const needed = limits.confirmLoss && isLoss(observations, execution, limits.maxFallBps) ? 2 : 1;
  return [
    {
      limit: 'loss_unconfirmed',
      value: String(sources.asked),
      threshold: String(needed),
      unit: 'sources',
      exceeded: sources.asked < needed,
    },
    count('sources_differ', BigInt(sources.differing), 0n, 'validators'),
  ];
}

function bps(limit: Exceeded, part: bigint, whole: bigint, most: number): Reading {
  const value = whole === 0n ? 'unbounded' : ((part * BPS) / whole).toString();
  return {
    limit,
    value: part === 0n ? '0' : value,
    threshold: String(most),
    unit: 'bps',
    exceeded: part > 0n && part * BPS > whole * BigInt(most),
  };
}
const count = (limit: Exceeded, value: bigint, most: bigint, unit: Reading['unit']): Reading => ({
  limit,
  value: value.toString(),
  threshold: most.toString(),
  unit,
  exceeded: value > most,
});
