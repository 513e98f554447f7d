import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { type Answer, type Operation, page, type Page, type Reply, Requests } from '#http';
import { accept, ok, rateOver, rateWindowNames, refuse, Refused, uuidOf, type Clock, type Result } from '#kernel';
import { staff, step, stepsOf } from '../history/history.store.js';
import type { Pool } from '../pools/pool.entity.js';
import { poolMachine } from '../pools/pool.js';
import { allPools, lockPool, poolOf, savePool } from '../pools/pools.store.js';
import { CLOCK } from '../tokens.js';
import { reportDetails, reportView } from './report-view.js';
import type { Report } from './report.entity.js';
import { ReportsService } from './reports.service.js';
import type { ReportsQuery } from './reports.dto.js';
import { appliedReports, approvalsOf, observationsOf, pageOfReports, reportOf } from './reports.store.js';

/** Reports are kept for rates as far back as this. */
const RATE_REPORTS = 5_000;
const NOTHING = { code: 'not_found', detail: 'There is no such resource.', facts: {} };

/** What staff see of reports, and decide about them; the rates that follow from them. */
@Injectable()
export class ReportDesk {
  constructor(
    private readonly transactor: Transactor,
    private readonly requests: Requests,
    private readonly reports: ReportsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(poolId: string, query: ReportsQuery): Promise<Page<object>> {
    return this.transactor.read(async (em) => {
      const pool = await existing(em, poolId);
      const filter = { poolId, ...(query.state === undefined ? {} : { state: query.state }) };
      return page(query, {
        filter: { list: 'rewards.reports', ...filter },
        fetch: (limit, before) => pageOfReports(em, filter, limit, before),
        at: ({ createdAt, id }) => ({ createdAt, id }),
        show: (report) => reportView(report, pool.asset),
      });
    });
  }

  one(poolId: string, id: string): Promise<object> {
    return this.transactor.read(async (em) => {
      const pool = await existing(em, poolId);
      const uuid = uuidOf('report', id);
      const report = uuid === null ? null : await reportOf(em, uuid);
      if (report?.poolId !== poolId) throw new Refused(NOTHING);
      const [observations, approvals, steps] = [
        await observationsOf(em, report.id),
        await approvalsOf(em, report.id),
        await stepsOf(em, 'report', report.id),
      ];
      return reportDetails(report, pool.asset, { observations, approvals, steps });
    });
  }

  approve(id: string, staffId: string, comment: string, operation: Operation): Promise<Answer> {
    return this.decide(id, operation, (em, report) => this.reports.approve(em, report, staffId, comment));
  }

  reject(id: string, staffId: string, comment: string, operation: Operation): Promise<Answer> {
    return this.decide(id, operation, (em, report) => this.reports.reject(em, report, staffId, comment));
  }

  /** Holds the reports of a pool from the next one on, or lets them flow again. */
  turn(event: 'hold' | 'release', poolId: string, staffId: string, comment: string, operation: Operation): Promise<Answer> {
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      await existing(em, poolId);
      const pool = await lockPool(em, poolId);
      const target = event === 'hold' ? 'held' : 'flowing';
      if (pool.state !== target) {
        await step(em, poolMachine, 'pool', pool, event, { at: this.clock.now(), actor: staff(staffId), reason: comment });
        await savePool(em, pool);
        await record(em, { actor: staff(staffId), action: `reports.${event}`, resource: pool.id, reason: comment });
      }
      return ok({ status: 200, body: { pool_id: pool.id, reports: pool.state } });
    });
  }

  /** What each pool earned, from its applied reports. */
  rates(): Promise<object> {
    return this.transactor.read(async (em) => {
      const data: object[] = [];
      for (const pool of await allPools(em)) {
        const paid = (await appliedReports(em, pool.id, RATE_REPORTS)).map((r) => ({ ...r, commission: r.commission ?? 0n }));
        const rates = rateWindowNames.map((window) => rateOver(window, paid));
        data.push({ pool_id: pool.id, product_id: pool.productId, asset: pool.asset, commission_bps: pool.commissionBps, rates });
      }
      return { data };
    });
  }

  private decide(id: string, operation: Operation, act: (em: EntityManager, report: Report) => Promise<Result<Report>>): Promise<Answer> {
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      const uuid = uuidOf('report', id);
      const known = uuid === null ? null : await reportOf(em, uuid);
      if (known === null) return refuse(NOTHING.code, NOTHING.detail);
      const pool = await lockPool(em, known.poolId);
      const report = accept(await act(em, (await reportOf(em, known.id)) ?? known));
      const approvals = await approvalsOf(em, report.id);
      return ok({ status: 200, body: { ...reportView(report, pool.asset), approvals: approvals.length } });
    });
  }
}

async function existing(em: EntityManager, poolId: string): Promise<Pool> {
  const pool = await poolOf(em, poolId);
  if (pool === null) throw new Refused(NOTHING);
  return pool;
}
