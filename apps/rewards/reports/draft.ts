import type { EntityManager } from 'typeorm';
import { amount, newUuid, ZERO } from '#kernel';
import { waitingExecution } from '../execution/execution.store.js';
import type { Pool } from '../pools/pool.entity.js';
import { highestFee } from '../pools/pools.store.js';
import { contentHash } from './content-hash.js';
import { evidenceOf } from './evidence.js';
import { simulate, type Limits } from './limits.js';
import type { Seen } from './look.js';
import type { Report } from './report.entity.js';
import type { Observation } from './report.js';
import { trailing } from './reports.store.js';

/** The window over which the pace of a year is measured. */
const TRAILING_DAYS = 30;

/** A report that is not stored yet. */
export interface Draft {
  readonly report: Report;
  readonly observations: readonly Observation[];
}

/** Makes a report of what was seen, judged by its limits, with the evidence. Reads only. */
export async function draftOf(
  em: EntityManager,
  pool: Pool,
  seen: Seen,
  by: { readonly limits: Limits; readonly minEpochs: number; readonly at: Date },
): Promise<Draft> {
  const { period, checkpoint, observed, network, confirmation } = seen;
  const slots = period.toSlot - period.fromSlot;
  const slotSeconds = BigInt(network.secondsPerSlot);
  const seconds = slots * slotSeconds;
  const { largest, ...execution } = await waitingExecution(em, pool.id, checkpoint.block.number);
  const pace = await trailing(em, pool.id, period.toSlot - BigInt(TRAILING_DAYS * 86_400) / slotSeconds);
  const commissionBps = await highestFee(em, pool, checkpoint.block.time, by.at);
  const simulation = simulate({
    observations: observed,
    execution,
    largestBlock: largest,
    principal: amount(period.validators.reduce((sum, v, i) => sum + v.principal + (observed[i]?.deposited ?? 0n), 0n)),
    seconds,
    periods: slots / (network.slotsPerEpoch * BigInt(by.minEpochs)),
    commissionBps,
    lossCarried: pool.lossCarried,
    trailing: pace,
    sources: { asked: confirmation.asked, differing: confirmation.differing.length },
    poolHeld: pool.state === 'held',
    limits: by.limits,
  });
  const evidence = evidenceOf({
    ...{ simulation, observations: observed, seconds, confirmation, commissionBps },
    ...{ trailing: pace, trailingDays: TRAILING_DAYS, lossCarried: pool.lossCarried },
  });
  const report: Report = {
    id: newUuid(),
    poolId: pool.id,
    number: period.number,
    state: 'collected',
    fromSlot: period.fromSlot,
    toSlot: period.toSlot,
    toEpoch: checkpoint.epoch,
    toBlock: checkpoint.block.number,
    toBlockRoot: checkpoint.blockRoot,
    toBlockHash: checkpoint.block.hash,
    closedAt: checkpoint.block.time,
    seconds,
    validators: observed.length,
    principal: simulation.principal,
    reward: simulation.reward,
    ...execution,
    expectedCommission: simulation.commission,
    commission: null,
    covered: ZERO,
    annualBps: simulation.annualBps,
    exceeded: [...simulation.exceeded],
    reason: null,
    evidence,
    contentHash: null,
    sentAt: null,
    poolAssets: null,
    poolShares: null,
    rewardIndex: null,
    createdAt: by.at,
    appliedAt: null,
    version: 1,
  };
  report.contentHash = contentHash(report, observed);
  return { report, observations: observed };
}
