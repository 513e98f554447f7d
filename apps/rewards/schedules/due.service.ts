import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { accept, ZERO, type Clock } from '#kernel';
import type { Logger } from '#runtime';
import { RewardsConfig } from '../config.js';
import { SYSTEM } from '../history/history.store.js';
import { PlanningService } from '../payouts/planning.service.js';
import type { Pool } from '../pools/pool.entity.js';
import { allPools, lockPool } from '../pools/pools.store.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import { checkCadence, dueBetween, nextAfter } from './cadence.cron.js';
import { cadenceOf, shortestGapMs } from './default-cadence.js';
import { oneByOne } from './one-by-one.js';
import type { PayoutSchedule } from './schedule.entity.js';
import { insertSchedule, saveSchedule, scheduleOf } from './schedules.store.js';

/** Plans the runs that are due by the schedules of the pools. */
@Injectable()
export class DueService implements OnModuleInit {
  constructor(
    private readonly transactor: Transactor,
    private readonly planning: PlanningService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: RewardsConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** A schedule that nobody can live by is no configuration: the room does not start. */
  onModuleInit(): void {
    accept(checkCadence(cadenceOf(this.config), this.clock.now(), shortestGapMs(this.config)));
  }

  /** Pool by pool. */
  async planDue(): Promise<void> {
    const paying = (await this.transactor.read(allPools)).filter((pool) => pool.mode === 'payout');
    await oneByOne(this.log, paying, (pool) => this.transactor.run((em) => this.look(em, pool.id)));
  }

  /**
   * Whatever was missed, one run stands for it all. While a run is under way or a report is held, what is due waits: the run that follows
   * stands for it too. A schedule never has two runs at once.
   */
  private async look(em: EntityManager, poolId: string): Promise<void> {
    const pool = await lockPool(em, poolId);
    const now = this.clock.now();
    const schedule = (await scheduleOf(em, poolId)) ?? (await this.begin(em, pool, now));
    if (!schedule.enabled || schedule.nextAt === null || schedule.nextAt > now) return;
    if (!(await this.planning.mayPlan(em, pool)).ok) return;
    const due = dueBetween(schedule, schedule.doneTo, now);
    if (due !== null) {
      const occasion = { dueAt: due.last, occurrences: due.count, scheduleVersion: schedule.version };
      // refused where nothing is collected: then there was nothing to pay
      if (await this.planning.worthwhile(em, pool)) await this.planning.plan(em, poolId, SYSTEM, occasion);
      schedule.doneTo = due.last;
    }
    schedule.nextAt = nextAfter(schedule, now);
    await saveSchedule(em, schedule);
  }

  /** As configured, from now on, until two people change it. */
  private async begin(em: EntityManager, { id: poolId }: Pool, now: Date): Promise<PayoutSchedule> {
    const cadence = cadenceOf(this.config);
    const nextAt = nextAfter(cadence, now);
    const schedule = { ...cadence, poolId, minimum: ZERO, enabled: true, doneTo: now, nextAt, createdAt: now, changedAt: now, version: 1 };
    await insertSchedule(em, schedule);
    return schedule;
  }
}
