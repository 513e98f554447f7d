import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Chain } from '#chains';
import { Transactor } from '#database';
import { Fault, type Clock } from '#kernel';
import type { Logger } from '#runtime';
import type { RewardsConfig } from '../config.js';
import { countExecution } from '../execution/execution.store.js';
import { SYSTEM, step } from '../history/history.store.js';
import type { Pool, Validator } from '../pools/pool.entity.js';
import { lockPool, poolOf, validatorsOf } from '../pools/pools.store.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import { DispatchService } from './dispatch.service.js';
import { draftOf, type Draft } from './draft.js';
import { lookAt, type Seen } from './look.js';
import { afterLeaving, periodTo, reportMachine } from './report.js';
import { ReportsService } from './reports.service.js';
import { insertReport, openReport, saveReport } from './reports.store.js';
import { StandingService } from './standing.service.js';
import { limitsOf } from './usual-limits.js';

/** Why there is nothing to report now. */
export type Nothing = 'report_open' | 'period_not_over';

/** Observes periods from finalised state and makes reports of them. Never from a formula. */
@Injectable()
export class ObservationService {
  constructor(
    private readonly transactor: Transactor,
    private readonly reports: ReportsService,
    private readonly dispatch: DispatchService,
    private readonly standing: StandingService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: RewardsConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** One period of one pool, when it has ended. Trouble with a chain is noted and tried again; in the end the report is late. */
  async observe(poolId: string, chain: Chain): Promise<void> {
    const before = await this.transactor.read((em) => poolOf(em, poolId));
    if (before === null) return;
    try {
      await this.dispatch.dispatch(poolId, chain);
      const seen = await this.look(poolId, chain);
      if (typeof seen !== 'string') {
        await this.transactor.run((em) => this.collect(em, poolId, seen));
        await this.dispatch.dispatch(poolId, chain);
      }
      if (before.trouble !== null) await this.standing.note(poolId, null);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const { code, facts, retryable } = error;
      const words = 'the chain does not answer as it should; the period is observed later';
      if (retryable) this.log.warn({ pool: poolId, code }, words);
      else this.log.error({ alarm: true, pool: poolId, code, facts }, words);
      await this.standing.note(poolId, code);
    } finally {
      await this.standing.watch(poolId); // also where it is we who are wrong: a report that does not come is late
    }
  }

  /** What a report made now would say and do. Stores nothing, sends nothing. */
  async preview(poolId: string, chain: Chain): Promise<Draft | Nothing> {
    const seen = await this.look(poolId, chain);
    if (typeof seen === 'string') return seen;
    return this.transactor.read(async (em) => {
      const pool = await poolOf(em, poolId);
      return pool === null ? 'period_not_over' : this.draft(em, pool, seen);
    });
  }

  /** The chain is asked outside any transaction; what changed meanwhile makes the next try. */
  private async look(poolId: string, chain: Chain): Promise<Seen | Nothing> {
    const known = await this.transactor.read((em) => this.known(em, poolId));
    if (known === null) return 'report_open';
    const checkpoint = await chain.staking.checkpoint();
    const { reportNumber: number, reportedSlot: slot, reportedEpoch: epoch } = known.pool;
    const period = periodTo(checkpoint, { number, slot, epoch }, known.validators, this.config.REPORT_MIN_EPOCHS);
    return period === null ? 'period_not_over' : lookAt(chain.staking, period, checkpoint, limitsOf(this.config).maxFallBps);
  }

  private async known(em: EntityManager, poolId: string): Promise<{ pool: Pool; validators: Validator[] } | null> {
    const pool = await poolOf(em, poolId);
    if (pool === null || (await openReport(em, poolId)) !== null) return null;
    const since = pool.reportedSlot;
    const validators = await validatorsOf(em, poolId);
    return { pool, validators: validators.map((v) => (v.leftIn === null || since === null ? v : afterLeaving(v, since))) };
  }

  private draft(em: EntityManager, pool: Pool, seen: Seen): Promise<Draft> {
    return draftOf(em, pool, seen, { limits: limitsOf(this.config), minEpochs: this.config.REPORT_MIN_EPOCHS, at: this.clock.now() });
  }

  private async collect(em: EntityManager, poolId: string, seen: Seen): Promise<void> {
    const pool = await lockPool(em, poolId);
    if (pool.reportNumber + 1 !== seen.period.number || (await openReport(em, poolId)) !== null) return;
    const { report, observations } = await this.draft(em, pool, seen);
    await insertReport(em, report, observations);
    await countExecution(em, report);
    const [at, within] = [report.createdAt, report.exceeded.length === 0];
    const reason = within ? null : `exceeds ${report.exceeded.join(', ')}`;
    await step(em, reportMachine, 'report', report, 'simulate', { at, actor: SYSTEM });
    await step(em, reportMachine, 'report', report, within ? 'pass' : 'exceed', { at, actor: SYSTEM, reason });
    await saveReport(em, report);
    if (within) return; // it goes out at once, and tells what the rate is worth by that
    await this.reports.announceHeld(em, report);
    await this.standing.settle(em, pool);
  }
}
