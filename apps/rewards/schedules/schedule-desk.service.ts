import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { type Answer, type Operation, type Reply, Requests } from '#http';
import { asset, ok, parseDecimal, publicId, refuse, uuidOf, type Clock, type Result } from '#kernel';
import { RewardsConfig } from '../config.js';
import { staff, step } from '../history/history.store.js';
import { lockPool, poolOf } from '../pools/pools.store.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { checkCadence, nextAfter } from './cadence.cron.js';
import { shortestGapMs } from './default-cadence.js';
import { changeMachine, type ChangeEvent } from './schedule.js';
import type { PayoutSchedule, ScheduleChange } from './schedule.entity.js';
import { changeView, scheduleView } from './schedule-view.js';
import type { ChangeBody } from './schedules.dto.js';
import { allSchedules, changeOf, changesOf, insertChange, openChange, saveDecision, saveSchedule, scheduleOf } from './schedules.store.js';

const SHOWN_CHANGES = 50;
const NOTHING = { code: 'not_found', detail: 'There is no such resource.' };
const nothing = (): { ok: false; refusal: ReturnType<typeof refuse>['refusal'] } => refuse(NOTHING.code, NOTHING.detail);

/** When pools pay out: shown to staff, proposed by one person, decided by another. */
@Injectable()
export class ScheduleDesk {
  constructor(
    private readonly transactor: Transactor,
    private readonly requests: Requests,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: RewardsConfig,
  ) {}

  list(): Promise<object> {
    return this.transactor.read(async (em) => {
      const data: object[] = [];
      for (const schedule of await allSchedules(em)) data.push(await this.view(em, schedule));
      return { data };
    });
  }

  private async view(em: EntityManager, schedule: PayoutSchedule): Promise<object> {
    const [pool, now] = [await poolOf(em, schedule.poolId), this.clock.now()];
    const code = pool?.asset ?? 'ETH';
    const changes = await changesOf(em, schedule.poolId, SHOWN_CHANGES);
    return { ...scheduleView(schedule, code, now), changes: changes.map((change) => changeView(change, code, now)) };
  }

  /**
   * Refusals: those of checkCadence and of parseDecimal, payout_schedule.changed (another version), payout_schedule.change_open (somebody's
   * proposal waits for a decision).
   */
  propose(poolId: string, staffId: string, body: ChangeBody, operation: Operation): Promise<Answer> {
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      if ((await poolOf(em, poolId)) === null) return nothing();
      const pool = await lockPool(em, poolId);
      const schedule = await scheduleOf(em, poolId);
      if (schedule === null) return nothing();
      const now = this.clock.now();
      const cadence = { cron: body.cron, timeZone: body.time_zone };
      const checked = checkCadence(cadence, now, shortestGapMs(this.config));
      if (!checked.ok) return checked;
      const minimum = parseDecimal(asset(pool.asset), body.min_amount);
      if (!minimum.ok) return minimum;
      if (schedule.version !== body.version) return stale(schedule);
      const open = await openChange(em, poolId);
      if (open)
        return refuse('payout_schedule.change_open', 'Another change waits for a decision.', {
          change: publicId('scheduleChange', open.id),
        });
      const change: ScheduleChange = {
        ...{
          id: operation.id,
          poolId,
          basedOn: schedule.version,
          ...cadence,
          minimum: minimum.value,
          enabled: body.enabled,
          reason: body.reason,
        },
        ...{ state: 'proposed', proposedBy: staffId, decidedBy: null, createdAt: now, decidedAt: null, version: 1 },
      };
      await insertChange(em, change);
      await this.remember(em, change, staffId, 'propose', body.reason);
      return ok({ status: 201, body: changeView(change, pool.asset, now) });
    });
  }

  /** Refusals: payout_schedule.same_person, payout_schedule.changed, payout_schedule_change.forbidden_move. */
  decide(poolId: string, id: string, event: ChangeEvent, staffId: string, comment: string, operation: Operation): Promise<Answer> {
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      const uuid = uuidOf('scheduleChange', id);
      if (uuid === null || (await poolOf(em, poolId)) === null) return nothing();
      const pool = await lockPool(em, poolId);
      const [schedule, change] = [await scheduleOf(em, poolId), await changeOf(em, poolId, uuid)];
      if (schedule === null || change === null) return nothing();
      if (event === 'approve' && change.state === 'proposed') {
        if (change.proposedBy === staffId) return refuse('payout_schedule.same_person', 'Another person must approve it.');
        if (change.basedOn !== schedule.version) return stale(schedule);
      }
      const now = this.clock.now();
      await step(em, changeMachine, 'payout_schedule_change', change, event, { at: now, actor: staff(staffId), reason: comment });
      Object.assign(change, { decidedBy: staffId, decidedAt: now });
      await saveDecision(em, change);
      if (event === 'approve') await this.apply(em, schedule, change, now);
      await this.remember(em, change, staffId, event, comment);
      return ok({ status: 200, body: changeView(change, pool.asset, now) });
    });
  }

  /** From now on: what was due before and is not done goes by the schedule that it was due by no longer. */
  private async apply(
    em: EntityManager,
    schedule: PayoutSchedule,
    { cron, timeZone, minimum, enabled }: ScheduleChange,
    now: Date,
  ): Promise<void> {
    const nextAt = nextAfter({ cron, timeZone }, now);
    Object.assign(schedule, { cron, timeZone, minimum, enabled, doneTo: now, nextAt, changedAt: now, version: schedule.version + 1 });
    await saveSchedule(em, schedule);
  }

  private remember(em: EntityManager, change: ScheduleChange, staffId: string, act: string, reason: string): Promise<void> {
    const { poolId, cron, timeZone, minimum, enabled, basedOn } = change;
    return record(em, {
      actor: staff(staffId),
      action: `payout_schedule.${act}`,
      resource: publicId('scheduleChange', change.id),
      reason,
      details: { pool: poolId, cron, timeZone, minimum, enabled, basedOn },
    });
  }
}

const stale = (schedule: PayoutSchedule) =>
  refuse('payout_schedule.changed', 'The schedule is not the one that was looked at.', { version: schedule.version });
