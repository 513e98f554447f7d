import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Chain, Checkpoint, StakingNetwork, ValidatorReward } from '#chains';
import { Transactor } from '#database';
import { amount, invariant, newUuid, type Clock } from '#kernel';
import { limitsOf, RewardsConfig } from '../config.js';
import { SYSTEM, step } from '../history/history.store.js';
import type { Pool, Validator } from '../pools/pool.entity.js';
import { lockPool, poolOf, validatorsOf } from '../pools/pools.store.js';
import { countExecution, waitingExecution } from '../execution/execution.store.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { simulate } from './limits.js';
import type { Report } from './report.entity.js';
import { addsUp, afterLeaving, isQuiet, periodTo, reportMachine, type Period } from './report.js';
import { ReportsService } from './reports.service.js';
import { insertReport, openReport, saveReport, trailing } from './reports.store.js';

/** The window over which the pace of a year is measured. */
const TRAILING_SECONDS = 30n * 86_400n;

/** Observes periods from finalised state and makes reports of them. Never from a formula. */
@Injectable()
export class ObservationService {
  constructor(
    private readonly transactor: Transactor,
    private readonly reports: ReportsService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: RewardsConfig,
  ) {}

  /** One period of one pool, when it has ended. The chain is asked outside any transaction; what changed meanwhile makes the next try. */
  async observe(poolId: string, chain: Chain): Promise<void> {
    const known = await this.transactor.read((em) => this.known(em, poolId));
    if (known === null) return;
    const checkpoint = await chain.staking.checkpoint();
    const period = this.period(checkpoint, known.pool, known.validators);
    if (period === null) return;
    const network = await chain.staking.network();
    const observed = await chain.staking.rewards(period.validators, checkpoint);
    checkAnswer(period, observed);
    const seen = { ...withoutQuiet(period, observed), checkpoint, network };
    await this.transactor.run((em) => this.collect(em, poolId, seen));
  }

  private async known(em: EntityManager, poolId: string): Promise<{ pool: Pool; validators: Validator[] } | null> {
    const pool = await poolOf(em, poolId);
    if (pool === null || (await openReport(em, poolId)) !== null) return null;
    const since = pool.reportedSlot;
    const validators = await validatorsOf(em, poolId);
    return { pool, validators: validators.map((v) => (v.leftIn === null || since === null ? v : afterLeaving(v, since))) };
  }

  private period(checkpoint: Checkpoint, pool: Pool, validators: readonly Validator[]): Period | null {
    const reported = { number: pool.reportNumber, slot: pool.reportedSlot, epoch: pool.reportedEpoch };
    return periodTo(checkpoint, reported, validators, this.config.REPORT_MIN_EPOCHS);
  }

  private async collect(em: EntityManager, poolId: string, seen: Seen): Promise<void> {
    const pool = await lockPool(em, poolId);
    const { period, checkpoint, observed, network } = seen;
    if (pool.reportNumber + 1 !== period.number || (await openReport(em, poolId)) !== null) return;
    const seconds = (period.toSlot - period.fromSlot) * BigInt(network.secondsPerSlot);
    const id = newUuid();
    const execution = await waitingExecution(em, poolId, checkpoint.block.number);
    const simulation = simulate({
      observations: observed,
      execution: amount(execution.priorityFees + execution.mev),
      principal: amount(period.validators.reduce((sum, v, i) => sum + v.principal + (observed[i]?.deposited ?? 0n), 0n)),
      seconds,
      commissionBps: pool.commissionBps,
      trailing: await trailing(em, poolId, period.toSlot - TRAILING_SECONDS / BigInt(network.secondsPerSlot)),
      limits: limitsOf(this.config),
      poolHeld: pool.state === 'held',
    });
    const at = this.clock.now();
    const report: Report = {
      id,
      poolId,
      number: period.number,
      state: 'collected',
      fromSlot: period.fromSlot,
      toSlot: period.toSlot,
      toEpoch: checkpoint.epoch,
      toBlock: checkpoint.block.number,
      toBlockRoot: checkpoint.blockRoot,
      seconds,
      validators: observed.length,
      principal: simulation.principal,
      reward: simulation.reward,
      ...execution,
      expectedCommission: simulation.commission,
      commission: null,
      annualBps: simulation.annualBps,
      exceeded: [...simulation.exceeded],
      reason: null,
      createdAt: at,
      appliedAt: null,
      version: 1,
    };
    await insertReport(em, report, observed);
    await countExecution(em, report);
    await step(em, reportMachine, 'report', report, 'simulate', { at, actor: SYSTEM });
    const within = simulation.exceeded.length === 0;
    const reason = within ? null : `exceeds ${simulation.exceeded.join(', ')}`;
    await step(em, reportMachine, 'report', report, within ? 'pass' : 'exceed', { at, actor: SYSTEM, reason });
    await saveReport(em, report);
    if (within) await this.reports.send(em, report);
    else await this.reports.announceHeld(em, report);
  }
}

interface Seen {
  readonly period: Period;
  readonly checkpoint: Checkpoint;
  readonly network: StakingNetwork;
  readonly observed: readonly ValidatorReward[];
}

function withoutQuiet(period: Period, observed: readonly ValidatorReward[]): Pick<Seen, 'period' | 'observed'> {
  const pairs = period.validators.flatMap((validator, i) => {
    const seen = observed[i];
    return seen && !isQuiet(validator, seen) ? [{ validator, seen }] : [];
  });
  return { period: { ...period, validators: pairs.map((pair) => pair.validator) }, observed: pairs.map((pair) => pair.seen) };
}

/** An adapter answers what it was asked, in that order, and its figures add up. */
function checkAnswer(period: Period, observed: readonly ValidatorReward[]): void {
  invariant(observed.length === period.validators.length, 'report.observation_missing', {
    asked: period.validators.length,
    got: observed.length,
  });
  period.validators.forEach((asked, i) => {
    const o = observed[i];
    const sound = o?.pubkey === asked.pubkey && o.opening === asked.opening && addsUp(o);
    invariant(sound, 'report.observation_unsound', { pubkey: asked.pubkey });
  });
}
