import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { emit, emitMany } from '#delivery';
import { add, amount, invariant, subtract, uuid5, type Amount, type Clock } from '#kernel';
import { balanceOf, fanOut, mustPost, type Posting } from '#ledger';
import { PayoutRunPosted, RestakeRequest } from '#messages';
import type { Logger } from '#runtime';
import { RewardsConfig } from '../config.js';
import { SYSTEM, step } from '../history/history.store.js';
import { rateStands } from '../pools/pool.js';
import { oneByOne } from '../schedules/one-by-one.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import type { PayoutRun } from './payout.entity.js';
import { lockRunAndPool, markHeld, markPaid, nextLines, paidByLines, runsToPost, saveRun, type PendingLine } from './payouts.store.js';
import { PlanningService } from './planning.service.js';
import { runMachine } from './run.js';
import { VerificationService } from './verification.service.js';

/**
 * Posts approved runs: set aside once, paid in chunks, the rest given back, and checked. Each step is one transaction that commits the money with
 * the state, so a run goes on wherever it was stopped, and going on when nothing is left does nothing.
 */
@Injectable()
export class PostingService {
  constructor(
    private readonly transactor: Transactor,
    private readonly planning: PlanningService,
    private readonly verification: VerificationService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: RewardsConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async postAll(): Promise<void> {
    await oneByOne(this.log, await this.transactor.read(runsToPost), ({ id }) => this.advance(id));
  }

  /** As far as it goes by itself. */
  async advance(runId: string): Promise<void> {
    while (await this.once(runId));
  }

  /** One step; false when there is none left to do, or while the rate of the pool is late or held: then a run stands still, chunks paid or not. */
  async once(runId: string): Promise<boolean> {
    return this.transactor.run(async (em) => {
      const { run, pool } = await lockRunAndPool(em, runId);
      if (!rateStands(pool).ok) return false;
      if (run.state === 'approved') return this.fund(em, run);
      if (run.state === 'posting') return this.payChunk(em, run);
      if (run.state === 'posted') return this.reconcile(em, run);
      return false;
    });
  }

  /** What was collected at the dry run may be less by now (fees are drawn from it as well): then the lines are drawn up anew. */
  private async fund(em: EntityManager, run: PayoutRun): Promise<boolean> {
    if (!(await this.verification.stillAsApproved(em, run))) {
      await saveRun(em, run);
      return false;
    }
    const collected = await balanceOf(em, { kind: 'pool.collected', owner: run.poolId, asset: run.asset });
    if (collected < run.total) {
      await this.planning.drawUp(em, run, 'redraw', SYSTEM, 'less is collected than at the dry run');
      await saveRun(em, run);
      return false;
    }
    const at = this.clock.now();
    run.postingAt = at;
    await step(em, runMachine, 'payout_run', run, 'fund', { at, actor: SYSTEM });
    await saveRun(em, run);
    if (run.total > 0n) await mustPost(em, [posting(run, 'payout.fund', uuid5('payout-fund', run.id), run.total)]);
    return true;
  }

  /** A line that the ledger refuses for a hold stays where it is; any other refusal undoes the chunk and stops the work. */
  private async payChunk(em: EntityManager, run: PayoutRun): Promise<boolean> {
    const next = await nextLines(em, run.id, run.paidThrough, this.config.PAYOUT_CHUNK);
    run.paidThrough = next.at(-1)?.clientId ?? null;
    if (run.paidThrough === null) return this.finish(em, run);
    await markHeld(
      em,
      next.filter((line) => line.closed),
      'closed',
    );
    const lines = next.filter((line) => !line.closed);
    const { asset, id: reference } = run;
    const paying = lines.map(({ id: key, clientId: owner, amount: units }) => ({ key, owner, amount: units }));
    const done = await fanOut(em, { kind: 'payout.pay', asset, effectiveAt: timeOf(run), reference }, paying);
    const others = done.refused.filter(({ reason }) => reason !== 'held');
    invariant(others.length === 0, 'payout_run.line_refused', {
      lines: others.map(({ line, reason }) => `${lines[line]?.id ?? ''} ${reason}`),
    });
    const refused = new Set(done.refused.map(({ line }) => line));
    const [paid, held] = [lines.filter((_line, i) => !refused.has(i)), lines.filter((_line, i) => refused.has(i))];
    await markHeld(em, held, 'hold');
    await markPaid(em, paid, this.clock.now());
    await emitMany(
      em,
      RestakeRequest,
      paid.flatMap((line) => (line.restakeProduct === null ? [] : [restaking(run, line, line.restakeProduct)])),
    );
    run.chunks += 1;
    run.paid = add(run.paid, done.total);
    run.linesPaid += done.posted;
    await saveRun(em, run);
    if (done.total > 0n) await mustPost(em, [posting(run, 'payout.draw', uuid5('payout-draw', run.id, run.chunks.toString()), done.total)]);
    return true;
  }

  /** Every line is paid or held: what was set aside for the held ones goes back, and the clearing account is at zero. */
  private async finish(em: EntityManager, run: PayoutRun): Promise<boolean> {
    const rest = subtract(run.total, run.paid);
    run.returned = rest;
    await step(em, runMachine, 'payout_run', run, 'finish', { at: this.clock.now(), actor: SYSTEM });
    await saveRun(em, run);
    const payload = { runId: run.id, poolId: run.poolId, total: run.paid.toString(), lines: run.linesPaid };
    await emit(em, PayoutRunPosted, { aggregate: run.poolId, payload });
    if (rest > 0n) await mustPost(em, [posting(run, 'payout.return', uuid5('payout-return', run.id), rest)]);
    return true;
  }

  /** The books agree with the lines, or the work stops. */
  private async reconcile(em: EntityManager, run: PayoutRun): Promise<boolean> {
    const clearing = await balanceOf(em, { kind: 'run.clearing', owner: run.id, asset: run.asset });
    const paid = await paidByLines(em, run.id);
    invariant(clearing === 0n, 'payout_run.clearing_not_zero', { run: run.id, clearing: clearing.toString() });
    const agrees = paid.total === run.paid && paid.lines === run.linesPaid && add(run.paid, run.returned) === run.total;
    invariant(agrees, 'payout_run.lines_disagree', {
      run: run.id,
      lines: paid.total.toString(),
      paid: run.paid.toString(),
      total: run.total.toString(),
    });
    run.leftOver = amount(await balanceOf(em, { kind: 'pool.collected', owner: run.poolId, asset: run.asset }));
    run.finishedAt = this.clock.now();
    await step(em, runMachine, 'payout_run', run, 'reconcile', { at: run.finishedAt, actor: SYSTEM });
    await saveRun(em, run);
    return false;
  }
}

const sides = {
  'payout.fund': ['pool.collected', 'run.clearing'],
  'payout.draw': ['run.clearing', 'pool.collected_contra'],
  'payout.return': ['run.clearing', 'pool.collected'],
} as const;

function posting(run: PayoutRun, kind: keyof typeof sides, key: string, units: Amount): Posting {
  const [debit, credit] = sides[kind];
  const account = (of: (typeof sides)[typeof kind][number]) => ({
    kind: of,
    owner: of === 'run.clearing' ? run.id : run.poolId,
    asset: run.asset,
  });
  return { key, kind, debit: account(debit), credit: account(credit), amount: units, effectiveAt: timeOf(run), reference: run.id };
}

const restaking = (run: PayoutRun, { id, clientId, amount: units }: PendingLine, productId: string) => ({
  aggregate: clientId,
  payload: { lineId: id, clientId, productId, asset: run.asset, amount: units.toString() },
});

function timeOf(run: PayoutRun): Date {
  invariant(run.postingAt !== null, 'payout_run.not_funded', { run: run.id });
  return run.postingAt;
}
