import { amount, basisPoints, delta, larger, ZERO, type Amount, type Delta } from '#kernel';
import type { Observation } from './report.js';

/** A report beyond one of these waits for people. Basis points of the observed principal. */
export interface Limits {
  /** The most that one period may add. */
  readonly maxRiseBps: number;
  /** The most that one period may take. */
  readonly maxFallBps: number;
  /** The most that a year would add at the pace of the trailing window: catches what many small steps hide. */
  readonly maxAnnualBps: number;
}

export type Exceeded = 'rise' | 'fall' | 'annualised' | 'pool_held';

/** Applied reports of the trailing window, summed. */
export interface Trailing {
  readonly reward: bigint;
  /** Σ principal × seconds. */
  readonly exposure: bigint;
}

export interface Simulation {
  readonly principal: Amount;
  /** Of all sources. */
  readonly reward: Delta;
  /** At the pool's rate on a positive reward; what staking books is less while a loss is carried. */
  readonly commission: Amount;
  readonly annualBps: bigint;
  readonly exceeded: readonly Exceeded[];
}

const YEAR_SECONDS = 31_557_600n;
const BPS = 10_000n;

/** What a report would do, before it does anything. Pure. */
export function simulate(of: {
  readonly observations: readonly Observation[];
  /** Priority fees and MEV of the period. */
  readonly execution: Amount;
  readonly principal: Amount;
  readonly seconds: bigint;
  readonly commissionBps: number;
  readonly trailing: Trailing;
  readonly limits: Limits;
  readonly poolHeld: boolean;
}): Simulation {
  const { observations, principal, seconds, limits } = of;
  const reward = delta(observations.reduce<bigint>((sum, o) => sum + o.reward, of.execution));
  const exposure = of.trailing.exposure + principal * seconds;
  const earned = of.trailing.reward + reward;
  const annualBps = exposure === 0n ? 0n : (earned * BPS * YEAR_SECONDS) / exposure;
  const exceeded: Exceeded[] = [];
  if (reward * BPS > principal * BigInt(limits.maxRiseBps)) exceeded.push('rise');
  if (-reward * BPS > principal * BigInt(limits.maxFallBps)) exceeded.push('fall');
  if (earned * BPS * YEAR_SECONDS > exposure * BigInt(limits.maxAnnualBps)) exceeded.push('annualised');
  if (of.poolHeld) exceeded.push('pool_held');
  const commission = basisPoints(amount(larger<bigint>(reward, 0n)), of.commissionBps, 'floor');
  return { principal, reward, commission: reward > 0n ? commission : ZERO, annualBps, exceeded };
}
