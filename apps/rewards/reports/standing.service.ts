import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { emit } from '#delivery';
import type { Clock } from '#kernel';
import { ReportStanding } from '#messages';
import type { Logger } from '#runtime';
import type { RewardsConfig } from '../config.js';
import type { Pool } from '../pools/pool.entity.js';
import { firstSeen, lockPool, poolOf, savePool } from '../pools/pools.store.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import { reportsNumbered } from './reports.store.js';
import { standingOf, type Standing } from './standing.js';
import { lateAfterMs } from './usual-limits.js';

/** Tells staking what the rate of a pool is worth, whenever that changes. */
@Injectable()
export class StandingService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: RewardsConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Looks whether a report that should have come has not. */
  async watch(poolId: string): Promise<void> {
    const changed = await this.transactor.read(async (em) => {
      const pool = await poolOf(em, poolId);
      return pool !== null && (await this.now(em, pool)).standing !== pool.standing;
    });
    if (changed) await this.transactor.run(async (em) => this.settle(em, await lockPool(em, poolId)));
  }

  /** The last look at the chain came to nothing, and why; null: it answered. */
  async note(poolId: string, trouble: string | null): Promise<void> {
    await this.transactor.run(async (em) => {
      const pool = await lockPool(em, poolId);
      if (pool.trouble === trouble) return;
      pool.trouble = trouble;
      pool.troubleAt = trouble === null ? null : this.clock.now();
      await savePool(em, pool);
    });
  }

  /** The caller holds the pool and has saved everything else; the pool is saved here. */
  async settle(em: EntityManager, pool: Pool): Promise<void> {
    const { number, since, standing } = await this.now(em, pool);
    if (standing === pool.standing) return;
    const from = pool.standing;
    pool.standing = standing;
    pool.standingNumber = number;
    pool.standingSince = this.clock.now();
    await savePool(em, pool);
    await emit(em, ReportStanding, { aggregate: pool.id, payload: { poolId: pool.id, number, standing } });
    const details = { from, to: standing, number, since: since?.toISOString() ?? null };
    await record(em, { actor: { kind: 'system', id: 'report.standing' }, action: `rate.${standing}`, resource: pool.id, details });
    if (standing === 'late')
      this.log.error({ alarm: true, pool: pool.id, number, since }, 'a report that should have come has not: nothing trades on the rate');
    else this.log.info({ pool: pool.id, number, from, standing }, 'what the rate of a pool is worth has changed');
  }

  private async now(em: EntityManager, pool: Pool): Promise<{ number: number; since: Date | null; standing: Standing }> {
    const number = pool.reportNumber + 1;
    const since = pool.reportedAt ?? (await firstSeen(em, pool.id));
    const next = await reportsNumbered(em, pool.id, number);
    const [now, late] = [this.clock.now(), lateAfterMs(this.config)];
    return { number, since, standing: standingOf({ poolHeld: pool.state === 'held', next, since, now, lateAfterMs: late }) };
  }
}
