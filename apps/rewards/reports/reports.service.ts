import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { emit } from '#delivery';
import { amount, delta, invariant, ok, publicId, refuse, shares, type Clock, type Result } from '#kernel';
import { ReportApply, type ReportAppliedV1, type ReportRefusedV1 } from '#messages';
import type { Logger } from '#runtime';
import { releaseExecution } from '../execution/execution.store.js';
import { staff, step, SYSTEM } from '../history/history.store.js';
import type { Pool } from '../pools/pool.entity.js';
import { poolMachine } from '../pools/pool.js';
import { closePeriod, highestFee, lockPool, savePool } from '../pools/pools.store.js';
import { CLOCK, LOGGER } from '../tokens.js';
import { contentHash } from './content-hash.js';
import { carriedAfter, commissionBound } from './limits.js';
import { addTotal } from './rates.store.js';
import type { Report } from './report.entity.js';
import { APPROVALS, reportMachine } from './report.js';
import { approvalsOf, insertApproval, observationsOf, reportOf, saveReport } from './reports.store.js';
import { StandingService } from './standing.service.js';

/** What a person says who agrees. */
export interface Approved {
  readonly comment: string;
  readonly content_hash: string;
}

/** The way of a report: to staking, to people, and back. */
@Injectable()
export class ReportsService {
  constructor(
    private readonly standing: StandingService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /**
   * What goes out is what was hashed when it was observed, and what people approved. Staking hears first that there is a rate again, as
   * those who wait are served by this very report. The caller holds the pool.
   */
  async send(em: EntityManager, pool: Pool, report: Report): Promise<void> {
    const observations = await observationsOf(em, report.id);
    const hash = contentHash(report, observations);
    invariant(report.contentHash === null || report.contentHash === hash, 'report.content_changed', { report: report.id });
    report.sentAt = this.clock.now();
    await saveReport(em, report);
    await this.standing.settle(em, pool);
    await emit(em, ReportApply, {
      aggregate: report.poolId,
      payload: {
        reportId: report.id,
        poolId: report.poolId,
        number: report.number,
        fromSlot: report.fromSlot.toString(),
        toSlot: report.toSlot.toString(),
        toEpoch: report.toEpoch.toString(),
        toBlock: report.toBlock.toString(),
        toBlockRoot: report.toBlockRoot,
        ...(report.closedAt === null ? {} : { closedAt: report.closedAt.toISOString() }),
        validators: observations.map((o) => ({
          pubkey: o.pubkey,
          opening: o.opening.toString(),
          closing: o.closing.toString(),
          withdrawn: o.withdrawn.toString(),
          deposited: o.deposited.toString(),
          consolidatedIn: o.consolidatedIn.toString(),
          consolidatedOut: o.consolidatedOut.toString(),
          reward: o.reward.toString(),
          emptied: o.emptied,
        })),
        execution: { priorityFees: report.priorityFees.toString(), mev: report.mev.toString() },
      },
    });
  }

  async announceHeld(em: EntityManager, report: Report): Promise<void> {
    const { number, exceeded, reward, principal, annualBps } = report;
    this.log.warn(
      { report: report.id, pool: report.poolId, number, exceeded },
      'a report is held: the rate does not move until people decide',
    );
    const details = { pool: report.poolId, number, exceeded, reward, principal, annualBps };
    await record(em, { actor: { kind: 'system', id: 'report.limits' }, action: 'report.hold', resource: resourceOf(report), details });
  }

  /**
   * One voice of those that a held report needs, for what was seen and nothing else. Refusals: report.forbidden_move, report.changed,
   * report.already_approved.
   */
  async approve(em: EntityManager, report: Report, staffId: string, { comment, content_hash: seen }: Approved): Promise<Result<Report>> {
    const at = this.clock.now();
    if (report.state !== 'held') return refuse('report.forbidden_move', 'Only a held report can be approved.', { state: report.state });
    const hash = contentHash(report, await observationsOf(em, report.id));
    if (seen !== hash) return refuse('report.changed', 'The report is not the one that you saw.', { content_hash: hash });
    invariant(report.contentHash === null || report.contentHash === hash, 'report.content_changed', { report: report.id });
    const before = await approvalsOf(em, report.id);
    if (before.some((a) => a.staffId === staffId)) return refuse('report.already_approved', 'Another person must agree as well.');
    await insertApproval(em, report.id, { staffId, comment, at, contentHash: hash });
    const approvals = before.filter((a) => a.contentHash === hash).length + 1;
    await record(em, {
      actor: staff(staffId),
      action: 'report.approve',
      resource: resourceOf(report),
      reason: comment,
      details: { approvals, of: APPROVALS, hash },
    });
    if (approvals < APPROVALS) return ok(report);
    await step(em, reportMachine, 'report', report, 'approve', { at, actor: staff(staffId), reason: comment });
    await saveReport(em, report);
    return ok(report);
  }

  /** Held, or approved and not sent yet. The period stays open: it is observed again, to a later checkpoint. Refusal: report.forbidden_move. */
  async reject(em: EntityManager, report: Report, staffId: string, comment: string): Promise<Result<Report>> {
    const waits = report.state === 'held' || (report.state === 'approved' && report.sentAt === null);
    if (!waits) return refuse('report.forbidden_move', 'Only a report that has not gone out can be rejected.', { state: report.state });
    report.reason = comment;
    await step(em, reportMachine, 'report', report, 'reject', { at: this.clock.now(), actor: staff(staffId), reason: comment });
    await saveReport(em, report);
    await releaseExecution(em, report);
    await record(em, { actor: staff(staffId), action: 'report.reject', resource: resourceOf(report), reason: comment });
    return ok(report);
  }

  /** Staking has applied it: its closings are the next openings. */
  async applied(em: EntityManager, message: ReportAppliedV1): Promise<void> {
    const pool = await lockPool(em, message.poolId);
    const report = await this.answered(em, message.reportId, message.number);
    invariant(report.number === pool.reportNumber + 1, 'report.applied_out_of_order', { report: report.id, after: pool.reportNumber });
    await this.assertSame(em, message, report);
    const at = this.clock.now();
    report.commission = amount(BigInt(message.commission));
    report.covered = amount(BigInt(message.covered ?? '0'));
    report.poolAssets = amount(BigInt(message.poolAssets));
    report.poolShares = shares(BigInt(message.poolShares));
    report.rewardIndex = BigInt(message.rewardIndex);
    report.appliedAt = at;
    await step(em, reportMachine, 'report', report, 'apply', { at, actor: { kind: 'system', id: 'staking' } });
    await saveReport(em, report);
    await closePeriod(em, report.id, report.number, report.toSlot);
    await addTotal(em, { ...report, reward: delta(BigInt(message.reward)) }, at); // as staking publishes it, gifts counted
    pool.reportNumber = report.number;
    pool.reportedSlot = report.toSlot;
    pool.reportedEpoch = report.toEpoch;
    pool.reportedAt = at;
    pool.lossCarried = carriedAfter(pool.lossCarried, report.reward + report.covered);
    const bound = commissionBound(
      BigInt(message.reward) + report.covered,
      await highestFee(em, pool, report.closedAt ?? report.createdAt, at),
    );
    if (report.commission > bound) await this.stop(em, pool, `commission ${report.commission} is above ${bound}`, at);
    await savePool(em, pool);
    await this.standing.settle(em, pool);
  }

  /** The block that it closes with is not on the chain any more: what was observed is of a fork. */
  async forked(em: EntityManager, pool: Pool, report: Report, there: string): Promise<void> {
    const at = this.clock.now();
    const reason = `block ${report.toBlock} is ${there} now, and was ${report.toBlockHash ?? 'unknown'}`;
    report.reason = reason;
    await step(em, reportMachine, 'report', report, 'fork', { at, actor: SYSTEM, reason });
    await this.drop(em, pool, report, reason, at);
    this.log.error({ alarm: true, report: report.id, pool: pool.id }, 'a report is of a fork: the pool is held');
    await record(em, { actor: SYSTEM, action: 'report.fork', resource: resourceOf(report), reason });
  }

  /** The books contradict it: people look before the next one goes out. */
  async refused(em: EntityManager, message: ReportRefusedV1): Promise<void> {
    const pool = await lockPool(em, message.poolId);
    const report = await this.answered(em, message.reportId, message.number);
    const at = this.clock.now();
    const reason = `${message.code}: ${message.detail}`;
    report.reason = reason;
    await step(em, reportMachine, 'report', report, 'refuse', { at, actor: { kind: 'system', id: 'staking' }, reason });
    await this.drop(em, pool, report, reason, at);
    this.log.error(
      { alarm: true, report: report.id, pool: pool.id, code: message.code },
      'a report was refused by the books: the pool is held',
    );
    await record(em, { actor: { kind: 'system', id: 'staking' }, action: 'report.refuse', resource: resourceOf(report), reason });
  }

  /** A report that came to nothing: its execution rewards are the next one's, and the next one waits for people. */
  private async drop(em: EntityManager, pool: Pool, report: Report, reason: string, at: Date): Promise<void> {
    await saveReport(em, report);
    await releaseExecution(em, report);
    await this.stop(em, pool, reason, at);
    await savePool(em, pool);
    await this.standing.settle(em, pool);
  }

  /** Also of a pool that people hold: what they stopped one of them may release, and what this stopped only two. */
  private async stop(em: EntityManager, pool: Pool, reason: string, at: Date): Promise<void> {
    await step(em, poolMachine, 'pool', pool, 'hold', { at, actor: SYSTEM, reason });
  }

  /** What staking booked is what was observed; what somebody else put into a validator of ours it may book as reward on top. */
  private async assertSame(em: EntityManager, message: ReportAppliedV1, report: Report): Promise<void> {
    const given = (await observationsOf(em, report.id)).reduce<bigint>((sum, o) => sum + o.deposited + o.consolidatedIn, 0n);
    const more = BigInt(message.reward) - report.reward;
    invariant(more >= 0n && more <= given, 'report.reward_differs', {
      report: report.id,
      applied: message.reward,
      observed: report.reward.toString(),
    });
  }

  private async answered(em: EntityManager, id: string, number: number): Promise<Report> {
    const report = await reportOf(em, id);
    invariant(report?.number === number, 'report.answer_unknown', { report: id, number });
    return report;
  }
}

export const resourceOf = (report: Pick<Report, 'id'>): string => publicId('report', report.id);
