import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { accept, type Clock } from '#kernel';
import type { Logger } from '#runtime';
import { RewardsConfig } from '../config.js';
import { SYSTEM, step } from '../history/history.store.js';
import type { Pool } from '../pools/pool.entity.js';
import { rateStands } from '../pools/pool.js';
import { poolOf } from '../pools/pools.store.js';
import { oneByOne } from '../schedules/one-by-one.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import type { PayoutRun } from './payout.entity.js';
import { lockRunAndPool, runOf, runsToVerify, saveRun } from './payouts.store.js';
import { PlanningService, resourceOf } from './planning.service.js';
import { hashOfLines, peopleDecidedSince, recomputedHash } from './recomputation.store.js';
import { runMachine } from './run.js';

/** Balances may move while a run is drawn up; if they seem to have moved again and again, it is something else. */
const MOST_DRAWS = 3;

/**
 * The second worker: works out again, in its own way and at its own time, what a run should pay, and compares hashes. Only a run on which both
 * agree can be approved; where they do not, it is disputed, and nothing moves.
 */
@Injectable()
export class VerificationService {
  constructor(
    private readonly transactor: Transactor,
    private readonly planning: PlanningService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: RewardsConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async verifyAll(): Promise<void> {
    await oneByOne(this.log, await this.transactor.read(runsToVerify), ({ id }) => this.verify(id));
  }

  /**
   * Looks at one snapshot without a lock, then decides on the run if it is still the one that was looked at. It waits while the rate of the pool
   * is late or held, as what agrees may be approved by rule.
   */
  async verify(runId: string): Promise<void> {
    const seen = await this.transactor.read(async (em) => {
      const run = await runOf(em, runId);
      if (run === null || run.state !== 'dry_run' || run.drawnAt === null) return null;
      const pool = await poolOf(em, run.poolId);
      if (pool === null || !rateStands(pool).ok) return null;
      const drawn = { runId, budget: run.budget, at: run.drawnAt };
      return {
        hash: run.dryRunHash,
        drawnAt: run.drawnAt,
        decided: await peopleDecidedSince(em, runId, run.drawnAt),
        ...{ lines: await hashOfLines(em, runId, run), ledger: await recomputedHash(em, { ...run, drawn }) },
      };
    });
    if (seen === null) return;
    await this.transactor.run(async (em) => {
      const { run, pool } = await lockRunAndPool(em, runId);
      if (!rateStands(pool).ok) return;
      if (
        run.state !== 'dry_run' ||
        run.dryRunHash !== seen.hash ||
        run.drawnAt?.getTime() !== seen.drawnAt.getTime() ||
        run.verifiedHash !== null
      )
        return;
      if (seen.lines !== run.dryRunHash) await this.dispute(em, run, 'the lines are not those that were drawn up', seen);
      else if (seen.ledger === run.dryRunHash) await this.agree(em, pool, run);
      else if (seen.decided) await this.redrawUncounted(em, run);
      else if (run.draws < MOST_DRAWS) await this.planning.drawUp(em, run, 'redraw', SYSTEM, 'balances have moved since');
      else await this.dispute(em, run, 'the second worker comes to other lines', seen);
      await saveRun(em, run);
    });
  }

  /** What people decide about clients is no disagreement of the workers, however often they do. */
  private async redrawUncounted(em: EntityManager, run: PayoutRun): Promise<void> {
    const { draws } = run;
    await this.planning.drawUp(em, run, 'redraw', SYSTEM, 'it was decided since who may be paid');
    run.draws = draws;
  }

  private async agree(em: EntityManager, pool: Pool, run: PayoutRun): Promise<void> {
    Object.assign(run, { verifiedHash: run.dryRunHash, verifiedAt: this.clock.now(), draws: 0 });
    if (run.total <= BigInt(this.config.AUTO_APPROVE_LIMIT))
      accept(await this.planning.approve(em, pool, run, { kind: 'system', id: 'payout.auto_approve_limit' }, null));
  }

  /** What is set aside next is what was approved: compared once more, to the last line. The caller saves the run. */
  async stillAsApproved(em: EntityManager, run: PayoutRun): Promise<boolean> {
    const lines = await hashOfLines(em, run.id, run);
    if (lines === run.dryRunHash && run.verifiedHash === run.dryRunHash) return true;
    await this.dispute(em, run, 'the lines are not those that were approved', { lines });
    return false;
  }

  private async dispute(em: EntityManager, run: PayoutRun, reason: string, found: { lines: string; ledger?: string }): Promise<void> {
    await step(em, runMachine, 'payout_run', run, 'dispute', { at: this.clock.now(), actor: SYSTEM, reason });
    const details = { drawn: run.dryRunHash, lines: found.lines, ledger: found.ledger ?? null };
    await record(em, { actor: SYSTEM, action: 'payout_run.dispute', resource: resourceOf(run), reason, details });
    this.log.error({ alarm: true, run: run.id, pool: run.poolId, ...details }, `a payout run is disputed: ${reason}`);
  }
}
