import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { type Answer, type Operation, page, type Page, type Reply, Requests } from '#http';
import { accept, Fault, ok, refuse, Refused, uuidOf, type Clock, type Result } from '#kernel';
import { lastActor, staff, step, stepsOf } from '../history/history.store.js';
import type { Pool } from '../pools/pool.entity.js';
import { poolMachine, RELEASES } from '../pools/pool.js';
import { addReleaseVoice, allPools, lockPool, poolOf, savePool } from '../pools/pools.store.js';
import { CHAINS, CLOCK, type Chains } from '../tokens.js';
import { contentHash } from './content-hash.js';
import { DispatchService } from './dispatch.service.js';
import { ObservationService } from './observation.service.js';
import { evidenceView, previewView, standingView } from './evidence-view.js';
import { reportDetails, reportView } from './report-view.js';
import type { Report } from './report.entity.js';
import { ReportsService, type Approved } from './reports.service.js';
import type { ReportsQuery } from './reports.dto.js';
import { approvalsOf, earlierApprovals, observationsOf, openReport, pageOfReports, reportOf } from './reports.store.js';
import { StandingService } from './standing.service.js';

/** What people said of earlier reports: so many are shown. */
const EARLIER = 20;
const NOTHING = { code: 'not_found', detail: 'There is no such resource.', facts: {} };

/** What staff see of reports, and decide about them. */
@Injectable()
export class ReportDesk {
  constructor(
    private readonly transactor: Transactor,
    private readonly requests: Requests,
    private readonly reports: ReportsService,
    private readonly observation: ObservationService,
    private readonly dispatch: DispatchService,
    private readonly standing: StandingService,
    @Inject(CHAINS) private readonly chains: Chains,
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

  /** One report with everything that it was judged by. */
  one(id: string, poolId?: string): Promise<object> {
    return this.transactor.read(async (em) => {
      const uuid = uuidOf('report', id);
      const report = uuid === null ? null : await reportOf(em, uuid);
      if (report === null || (poolId ?? report.poolId) !== report.poolId) throw new Refused(NOTHING);
      const pool = await existing(em, report.poolId);
      const observations = await observationsOf(em, report.id);
      const approvals = await approvalsOf(em, report.id);
      const steps = await stepsOf(em, 'report', report.id);
      const hash = contentHash(report, observations);
      return {
        ...reportDetails(report, pool.asset, { observations, approvals, steps, hash }),
        evidence: evidenceView(report, await earlierApprovals(em, report, EARLIER)),
      };
    });
  }

  /** What the next period would do if it were reported now. Nothing is stored. */
  async simulate(poolId: string): Promise<object> {
    const pool = await this.transactor.read((em) => existing(em, poolId));
    const chain = this.chains.get(pool.chain);
    if (!chain) throw new Refused(NOTHING);
    const draft = await this.observation.preview(poolId, chain);
    return previewView(pool, draft, await this.transactor.read((em) => openReport(em, poolId)));
  }

  /** What the rate of each pool is worth, and why. */
  pools(): Promise<object> {
    return this.transactor.read(async (em) => ({ data: (await allPools(em)).map(standingView) }));
  }

  /** What two people agreed to goes out at once when its block is still on the chain; else the schedule sends it when the node answers. */
  async approve(id: string, staffId: string, approved: Approved, operation: Operation): Promise<Answer> {
    const answer = await this.decide(id, operation, (em, report) => this.reports.approve(em, report, staffId, approved));
    const uuid = uuidOf('report', id);
    const report = await this.transactor.read(async (em) => (uuid === null ? null : reportOf(em, uuid)));
    if (report?.state === 'approved' && report.sentAt === null) await this.send(report.poolId);
    return answer;
  }

  reject(id: string, staffId: string, comment: string, operation: Operation): Promise<Answer> {
    return this.decide(id, operation, (em, report) => this.reports.reject(em, report, staffId, comment));
  }

  /** Holds the reports of a pool from the next one on, or lets them flow again: when two want it where no person has stopped it. */
  turn(event: 'hold' | 'release', poolId: string, staffId: string, comment: string, operation: Operation): Promise<Answer> {
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      await existing(em, poolId);
      const pool = await lockPool(em, poolId);
      const target = event === 'hold' ? 'held' : 'flowing';
      if (pool.state !== target) {
        const voices = event === 'release' ? await this.agreeToRelease(em, pool, staffId, comment) : ok(null);
        if (!voices.ok) return voices;
        if (voices.value !== null) {
          const body = { pool_id: pool.id, reports: pool.state, standing: pool.standing, voices: voices.value, voices_needed: RELEASES };
          return ok({ status: 200, body });
        }
        await step(em, poolMachine, 'pool', pool, event, { at: this.clock.now(), actor: staff(staffId), reason: comment });
        await savePool(em, pool);
        await record(em, { actor: staff(staffId), action: `reports.${event}`, resource: pool.id, reason: comment });
        await this.standing.settle(em, pool);
      }
      return ok({ status: 200, body: { pool_id: pool.id, reports: pool.state, standing: pool.standing } });
    });
  }

  /** How many have agreed while more must; null: it may be released. Refusal: pool.already_agreed. */
  private async agreeToRelease(em: EntityManager, pool: Pool, staffId: string, comment: string): Promise<Result<number | null>> {
    const stoppedBy = await lastActor(em, 'pool', pool.id, 'hold');
    if (stoppedBy?.kind === 'staff') return ok(null);
    const { isNew, voices } = await addReleaseVoice(em, pool, staffId, comment, this.clock.now());
    if (!isNew) return refuse('pool.already_agreed', 'Another person must agree as well.');
    if (voices >= RELEASES) return ok(null);
    await record(em, { actor: staff(staffId), action: 'reports.agree_to_release', resource: pool.id, reason: comment });
    return ok(voices);
  }

  private async send(poolId: string): Promise<void> {
    const pool = await this.transactor.read((em) => existing(em, poolId));
    const chain = this.chains.get(pool.chain);
    try {
      if (chain) await this.dispatch.dispatch(poolId, chain);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      await this.standing.note(poolId, error.code);
    }
  }

  private decide(id: string, operation: Operation, act: (em: EntityManager, report: Report) => Promise<Result<Report>>): Promise<Answer> {
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      const uuid = uuidOf('report', id);
      const known = uuid === null ? null : await reportOf(em, uuid);
      if (known === null) return refuse(NOTHING.code, NOTHING.detail);
      const pool = await lockPool(em, known.poolId);
      const report = accept(await act(em, (await reportOf(em, known.id)) ?? known));
      await this.standing.settle(em, pool);
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
