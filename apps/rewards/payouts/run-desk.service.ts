import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { type Answer, type Operation, page, type Page, type Reply, Requests } from '#http';
import { ok, refuse, Refused, uuidOf, type Clock, type Result } from '#kernel';
import { lastActor, staff, step, stepsOf } from '../history/history.store.js';
import type { Pool } from '../pools/pool.entity.js';
import { poolOf } from '../pools/pools.store.js';
import { CLOCK } from '../tokens.js';
import type { PayoutRun } from './payout.entity.js';
import type { LinesQuery, ReleaseBody, RunsQuery } from './payouts.dto.js';
import { linesOf, lockRunAndPool, pageOfLines, pageOfRuns, runOf, saveRun } from './payouts.store.js';
import { PlanningService, resourceOf } from './planning.service.js';
import { lineView, runDetails, runView } from './run-view.js';
import { runMachine } from './run.js';

/** Lines shown with a run; the whole list is in the ledger. */
const SHOWN_LINES = 200;
const NOTHING = { code: 'not_found', detail: 'There is no such resource.', facts: {} };

/** What treasury sees of payout runs, and decides about them. */
@Injectable()
export class RunDesk {
  constructor(
    private readonly transactor: Transactor,
    private readonly requests: Requests,
    private readonly planning: PlanningService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(query: RunsQuery): Promise<Page<object>> {
    const filter = query.state === undefined ? {} : { state: query.state };
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'rewards.payout_runs', ...filter },
        fetch: (limit, before) => pageOfRuns(em, filter, limit, before),
        at: ({ createdAt, id }) => ({ createdAt, id }),
        show: runView,
      }),
    );
  }

  one(id: string): Promise<object> {
    return this.transactor.read(async (em) => {
      const uuid = uuidOf('payoutRun', id);
      const run = uuid === null ? null : await runOf(em, uuid);
      if (run === null) throw new Refused(NOTHING);
      const lines = await linesOf(em, run.id, { limit: SHOWN_LINES });
      return runDetails(run, lines, await stepsOf(em, 'payout_run', run.id));
    });
  }

  lines(id: string, query: LinesQuery): Promise<Page<object>> {
    return this.transactor.read(async (em) => {
      const uuid = uuidOf('payoutRun', id);
      const run = uuid === null ? null : await runOf(em, uuid);
      if (run === null) throw new Refused(NOTHING);
      const filter = query.state === undefined ? {} : { state: query.state };
      return page(query, {
        filter: { list: 'rewards.payout_lines', run: run.id, ...filter },
        fetch: (limit, before) => pageOfLines(em, run.id, filter, limit, before),
        at: (line) => ({ createdAt: line.createdAt, id: line.id }),
        show: (line) => lineView(run.asset, line),
      });
    });
  }

  /** A run besides the schedule. */
  plan(poolId: string, staffId: string, operation: Operation): Promise<Answer> {
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      if ((await poolOf(em, poolId)) === null) return refuse(NOTHING.code, NOTHING.detail);
      const planned = await this.planning.plan(em, poolId, staff(staffId));
      if (!planned.ok) return planned;
      const body = runView(planned.value);
      return ok({ status: 201, body, headers: { location: `/v1/rewards/payout-runs/${body.id}` } });
    });
  }

  /** Refusals: payout_run.forbidden_move, payout_run.same_person, payout_run.changed, payout_run.rate_not_current, payout_run.not_verified. */
  release(id: string, staffId: string, body: ReleaseBody, operation: Operation): Promise<Answer> {
    return this.decide(id, operation, async (em, run, pool) => {
      if (run.state === 'dry_run') {
        if (run.plannedByKind === 'staff' && run.plannedById === staffId)
          return refuse('payout_run.same_person', 'Another person must release it.');
        if ((await lastActor(em, 'payout_run', run.id, 'redraw', 'staff'))?.id === staffId)
          return refuse('payout_run.same_person', 'Another person must release what you had drawn up anew.');
        if (run.dryRunHash !== body.dry_run_hash)
          return refuse('payout_run.changed', 'Look at the run again.', { dryRunHash: run.dryRunHash });
      }
      return this.planning.approve(em, pool, run, staff(staffId), body.comment);
    });
  }

  /** Only of a disputed run: what is not disputed is drawn up anew by itself. Refusal: payout_run.forbidden_move. */
  redraw(id: string, staffId: string, comment: string, operation: Operation): Promise<Answer> {
    return this.decide(id, operation, async (em, run) => {
      if (run.state !== 'disputed')
        return refuse('payout_run.forbidden_move', 'Only a disputed run is drawn up anew by hand.', { state: run.state });
      run.draws = 0;
      await this.planning.drawUp(em, run, 'redraw', staff(staffId), comment);
      await record(em, { actor: staff(staffId), action: 'payout_run.redraw', resource: resourceOf(run), reason: comment });
      return ok(undefined);
    });
  }

  /** What it would have paid stays where it is, for the next run. Refusal: payout_run.forbidden_move. */
  cancel(id: string, staffId: string, comment: string, operation: Operation): Promise<Answer> {
    return this.decide(id, operation, async (em, run) => {
      await step(em, runMachine, 'payout_run', run, 'cancel', { at: this.clock.now(), actor: staff(staffId), reason: comment });
      await record(em, { actor: staff(staffId), action: 'payout_run.cancel', resource: resourceOf(run), reason: comment });
      return ok(undefined);
    });
  }

  private decide(
    id: string,
    operation: Operation,
    act: (em: EntityManager, run: PayoutRun, pool: Pool) => Promise<Result<void>>,
  ): Promise<Answer> {
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      const uuid = uuidOf('payoutRun', id);
      if (uuid === null || (await runOf(em, uuid)) === null) return refuse(NOTHING.code, NOTHING.detail);
      const { run, pool } = await lockRunAndPool(em, uuid);
      const done = await act(em, run, pool);
      if (!done.ok) return done;
      await saveRun(em, run);
      return ok({ status: 200, body: runView(run) });
    });
  }
}
