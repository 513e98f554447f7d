import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { emit } from '#delivery';
import { amount, invariant, newUuid, ok, publicId, refuse, ZERO, type Amount, type Clock, type Result } from '#kernel';
import { balanceOf, balancesOfKind } from '#ledger';
import { SettlementRequest, type SettlementDoneV1 } from '#messages';
import { RewardsConfig } from '../config.js';
import { SYSTEM, step, type Actor } from '../history/history.store.js';
import { allPools, lockPool } from '../pools/pools.store.js';
import { openReport } from '../reports/reports.store.js';
import { CLOCK, CONFIG } from '../tokens.js';
import type { PayoutRun } from './payout.entity.js';
import { insertRun, lastRun, lockRun, openRun, replaceLines, saveRun } from './payouts.store.js';
import { draw, runMachine, type Owed } from './run.js';

const PAGE = 10_000;

/** Plans runs and draws up what each will pay. */
@Injectable()
export class PlanningService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: RewardsConfig,
  ) {}

  /** By schedule: a run for each pool where something has changed since its last one. */
  async planAll(): Promise<void> {
    for (const { id } of await this.transactor.read(allPools)) {
      await this.transactor.run(async (em) => {
        if (await this.worthwhile(em, id)) await this.plan(em, id, SYSTEM);
      });
    }
  }

  /**
   * Refusals: payout_run.open, payout_run.report_held, payout_run.nothing_collected. A report that is merely on its way does not matter: the
   * settlement is behind it in the same stream of messages.
   */
  async plan(em: EntityManager, poolId: string, by: Actor): Promise<Result<PayoutRun>> {
    const pool = await lockPool(em, poolId);
    const open = await openRun(em, poolId);
    if (open) return refuse('payout_run.open', 'A payout run of this pool is under way.', { run: publicId('payoutRun', open.id) });
    const report = await openReport(em, poolId);
    if (report?.state === 'held')
      return refuse('payout_run.report_held', 'A report waits for approval.', { report: publicId('report', report.id) });
    const collected = await this.collected(em, poolId, pool.asset);
    if (collected === 0n) return refuse('payout_run.nothing_collected', 'There are no collected rewards to pay.');
    const run: PayoutRun = {
      id: newUuid(),
      poolId,
      asset: pool.asset,
      state: 'planned',
      plannedByKind: by.kind,
      plannedById: by.id,
      reportNumber: pool.reportNumber,
      reportEpoch: pool.reportedEpoch,
      budget: ZERO,
      owed: ZERO,
      total: ZERO,
      paid: ZERO,
      returned: ZERO,
      lines: 0,
      linesPaid: 0,
      chunks: 0,
      dryRunHash: null,
      leftOver: null,
      createdAt: this.clock.now(),
      postingAt: null,
      finishedAt: null,
      version: 1,
    };
    await insertRun(em, run);
    await record(em, { actor: by, action: 'payout_run.plan', resource: resourceOf(run), details: { pool: poolId, collected } });
    await emit(em, SettlementRequest, { aggregate: poolId, payload: { runId: run.id, poolId } });
    return ok(run);
  }

  /** Every holder is settled: what each is owed stands in the ledger. */
  async settled(em: EntityManager, { runId }: SettlementDoneV1): Promise<void> {
    const run = await lockRun(em, runId);
    if (run.state !== 'planned') return;
    await this.drawUp(em, run, 'settle');
  }

  /** Fresh lines by what is owed and collected now; approved at once when the rule allows it. */
  async drawUp(em: EntityManager, run: PayoutRun, event: 'settle' | 'redraw'): Promise<void> {
    const at = this.clock.now();
    const draft = draw(await this.owedTo(em, run.asset), await this.collected(em, run.poolId, run.asset));
    await replaceLines(em, run.id, draft.lines, at);
    const { budget, owed, total, hash } = draft;
    Object.assign(run, { budget, owed, total, lines: draft.lines.length, dryRunHash: hash });
    await step(em, runMachine, 'payout_run', run, event, {
      at,
      actor: SYSTEM,
      reason: total < owed ? 'less is collected than owed: paid in proportion' : null,
    });
    if (total <= BigInt(this.config.AUTO_APPROVE_LIMIT))
      await this.approve(em, run, { kind: 'system', id: 'payout.auto_approve_limit' }, null);
    await saveRun(em, run);
  }

  /** The caller saves the run. */
  async approve(em: EntityManager, run: PayoutRun, actor: Actor, reason: string | null): Promise<void> {
    await step(em, runMachine, 'payout_run', run, 'approve', { at: this.clock.now(), actor, reason });
    const { total, lines, dryRunHash } = run;
    await record(em, {
      actor,
      action: 'payout_run.approve',
      resource: resourceOf(run),
      ...(reason === null ? {} : { reason }),
      details: { total, lines, dryRunHash, limit: this.config.AUTO_APPROVE_LIMIT },
    });
  }

  private async worthwhile(em: EntityManager, poolId: string): Promise<boolean> {
    const pool = await lockPool(em, poolId);
    const last = await lastRun(em, poolId);
    return last === null || last.reportNumber !== pool.reportNumber || last.leftOver !== (await this.collected(em, poolId, pool.asset));
  }

  private async collected(em: EntityManager, owner: string, asset: PayoutRun['asset']): Promise<Amount> {
    return amount(await balanceOf(em, { kind: 'pool.collected', owner, asset }));
  }

  /** All clients' settled rewards of the asset. They are one account a client and asset: there is one payout pool an asset. */
  private async owedTo(em: EntityManager, asset: PayoutRun['asset']): Promise<Owed[]> {
    const pools = (await allPools(em)).filter((pool) => pool.asset === asset);
    invariant(pools.length === 1, 'payout_run.pools_share_an_account', { asset, pools: pools.map((p) => p.id) });
    const owed: Owed[] = [];
    for (let after: string | undefined; ;) {
      const some = await balancesOfKind(em, 'client.rewards', asset, {
        limit: PAGE,
        nonZero: true,
        ...(after === undefined ? {} : { afterOwner: after }),
      });
      owed.push(...some.map((b) => ({ clientId: b.owner, owed: amount(b.balance) })));
      after = some.at(-1)?.owner;
      if (some.length < PAGE) return owed;
    }
  }
}

export const resourceOf = (run: Pick<PayoutRun, 'id'>): string => publicId('payoutRun', run.id);
