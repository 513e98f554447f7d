import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { emit } from '#delivery';
import { newUuid, ok, publicId, refuse, subtract, ZERO, type Clock, type Result } from '#kernel';
import { SettlementRequest, type SettlementDoneV1 } from '#messages';
import { RewardsConfig } from '../config.js';
import { SYSTEM, step, type Actor } from '../history/history.store.js';
import type { Pool } from '../pools/pool.entity.js';
import { rateStands } from '../pools/pool.js';
import { allPools, lockPool } from '../pools/pools.store.js';
import { openReport } from '../reports/reports.store.js';
import { scheduleOf } from '../schedules/schedules.store.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { collected, DraftingService } from './drafting.service.js';
import type { PayoutRun } from './payout.entity.js';
import { dropLines, insertLines, insertRun, lastRun, lockRun, openRun, saveRun } from './payouts.store.js';
import { runMachine } from './run.js';

/** What of its schedule a run stands for. */
export interface Occasion {
  readonly dueAt: Date;
  /** More than one: those before were missed, and this run stands for them all. */
  readonly occurrences: number;
  readonly scheduleVersion: number;
}

/** Plans runs and draws up what each will pay. */
@Injectable()
export class PlanningService {
  constructor(
    private readonly drafting: DraftingService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: RewardsConfig,
  ) {}

  /**
   * Whether a run of a pool may be planned now. Refusals: payout_run.not_a_payout_pool, payout_run.pools_share_an_account, payout_run.open,
   * payout_run.report_held, payout_run.rate_not_current. A report that is merely on its way does not matter: the settlement is behind it in the
   * same stream of messages. The caller holds the pool.
   */
  async mayPlan(em: EntityManager, pool: Pool): Promise<Result<void>> {
    if (pool.mode !== 'payout') return refuse('payout_run.not_a_payout_pool', 'What this pool earns raises the value of its shares.');
    const sharing = (await allPools(em)).filter((other) => other.mode === 'payout' && other.asset === pool.asset);
    if (sharing.length > 1)
      return refuse('payout_run.pools_share_an_account', 'Two pools would pay from one account of a client.', {
        pools: sharing.map(({ id }) => id),
      });
    const open = await openRun(em, pool.id);
    if (open) return refuse('payout_run.open', 'A payout run of this pool is under way.', { run: publicId('payoutRun', open.id) });
    const report = await openReport(em, pool.id);
    return report?.state === 'held'
      ? refuse('payout_run.report_held', 'A report waits for approval.', { report: publicId('report', report.id) })
      : rateStands(pool);
  }

  /** Refusals: those of mayPlan, payout_run.nothing_collected. */
  async plan(em: EntityManager, poolId: string, by: Actor, occasion: Occasion | null = null): Promise<Result<PayoutRun>> {
    const pool = await lockPool(em, poolId);
    const may = await this.mayPlan(em, pool);
    if (!may.ok) return may;
    const inHand = await collected(em, poolId, pool.asset);
    if (inHand === 0n) return refuse('payout_run.nothing_collected', 'There are no collected rewards to pay.');
    const run: PayoutRun = {
      ...{ id: newUuid(), poolId, asset: pool.asset, state: 'planned', plannedByKind: by.kind, plannedById: by.id, version: 1 },
      ...{ reportNumber: pool.reportNumber, reportEpoch: pool.reportedEpoch },
      ...{ dueAt: occasion?.dueAt ?? null, occurrences: occasion?.occurrences ?? null, scheduleVersion: occasion?.scheduleVersion ?? null },
      ...{ minimum: ZERO, budget: ZERO, owed: ZERO, total: ZERO, paid: ZERO, returned: ZERO, lines: 0, linesPaid: 0 },
      ...{ linesHeld: 0, held: ZERO, linesBelow: 0, below: ZERO, chunks: 0, drawnAt: null, draws: 0 },
      ...{ paidThrough: null, dryRunHash: null, verifiedHash: null, verifiedAt: null, leftOver: null },
      ...{ createdAt: this.clock.now(), postingAt: null, finishedAt: null },
    };
    await insertRun(em, run);
    const { dueAt, occurrences, scheduleVersion } = run;
    const details = {
      pool: poolId,
      collected: inHand,
      ...(dueAt === null ? {} : { dueAt: dueAt.toISOString(), occurrences, scheduleVersion }),
    };
    await record(em, { actor: by, action: 'payout_run.plan', resource: resourceOf(run), details });
    await emit(em, SettlementRequest, { aggregate: poolId, payload: { runId: run.id, poolId } });
    return ok(run);
  }

  /** Every holder is settled: what each is owed stands in the ledger. */
  async settled(em: EntityManager, { runId }: SettlementDoneV1): Promise<void> {
    const run = await lockRun(em, runId);
    if (run.state !== 'planned') return;
    await this.drawUp(em, run, 'settle', SYSTEM, null);
    await saveRun(em, run);
  }

  /** Fresh lines by what is owed and collected now, to be worked out again by somebody else. The caller saves the run. */
  async drawUp(em: EntityManager, run: PayoutRun, event: 'settle' | 'redraw', actor: Actor, reason: string | null): Promise<void> {
    const at = this.clock.now();
    const minimum = (await scheduleOf(em, run.poolId))?.minimum ?? ZERO;
    await dropLines(em, run.id);
    const draft = await this.drafting.draw(em, { ...run, minimum }, (lines) => insertLines(em, run.id, lines, at));
    const { budget, owed, total, lines, linesHeld, held, linesBelow, below, hash } = draft;
    Object.assign(run, { minimum, budget, owed, total, lines: lines + linesHeld + linesBelow, linesHeld, held, linesBelow, below });
    Object.assign(run, { dryRunHash: hash, verifiedHash: null, verifiedAt: null, drawnAt: draft.at, draws: run.draws + 1 });
    const short = total < draft.payable ? 'less is collected than owed: paid in proportion' : null;
    await step(em, runMachine, 'payout_run', run, event, { at, actor, reason: reason ?? short });
  }

  /** The caller holds the pool, and saves the run. Refusals: payout_run.rate_not_current, payout_run.not_verified. */
  async approve(em: EntityManager, pool: Pool, run: PayoutRun, actor: Actor, reason: string | null): Promise<Result<void>> {
    const stands = rateStands(pool);
    if (!stands.ok) return stands;
    if (run.state === 'dry_run' && (run.verifiedHash === null || run.verifiedHash !== run.dryRunHash))
      return refuse('payout_run.not_verified', 'The second worker has not come to the same lines yet.');
    await step(em, runMachine, 'payout_run', run, 'approve', { at: this.clock.now(), actor, reason });
    const { total, lines, dryRunHash } = run;
    await record(em, {
      actor,
      action: 'payout_run.approve',
      resource: resourceOf(run),
      ...(reason === null ? {} : { reason }),
      details: { total, lines, dryRunHash, limit: this.config.AUTO_APPROVE_LIMIT },
    });
    return ok(undefined);
  }

  /** Whether anything has changed since the last run of a pool was drawn up: what came in while it was under way counts. */
  async worthwhile(em: EntityManager, pool: Pool): Promise<boolean> {
    const last = await lastRun(em, pool.id);
    if (last === null || last.reportNumber !== pool.reportNumber) return true;
    return subtract(last.budget, last.paid) !== (await collected(em, pool.id, pool.asset));
  }
}

export const resourceOf = (run: Pick<PayoutRun, 'id'>): string => publicId('payoutRun', run.id);
