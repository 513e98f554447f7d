import { named, wireTime } from '#http';
import { publicId, timestamp, type AssetCode } from '#kernel';
import { upcoming } from './cadence.cron.js';
import type { PayoutSchedule, ScheduleChange } from './schedule.entity.js';

const SHOWN_OCCURRENCES = 5;

export const scheduleView = (schedule: PayoutSchedule, asset: AssetCode, now: Date) => ({
  pool_id: schedule.poolId,
  cron: schedule.cron,
  time_zone: schedule.timeZone,
  ...named('min_amount', asset, schedule.minimum),
  enabled: schedule.enabled,
  done_to: timestamp(schedule.doneTo),
  next: schedule.enabled ? upcoming(schedule, now, SHOWN_OCCURRENCES).map(timestamp) : [],
  changed_at: timestamp(schedule.changedAt),
  version: schedule.version,
});

export const changeView = (change: ScheduleChange, asset: AssetCode, now: Date) => ({
  id: publicId('scheduleChange', change.id),
  pool_id: change.poolId,
  state: change.state,
  cron: change.cron,
  time_zone: change.timeZone,
  ...named('min_amount', asset, change.minimum),
  enabled: change.enabled,
  next: upcoming(change, now, SHOWN_OCCURRENCES).map(timestamp),
  reason: change.reason,
  based_on: change.basedOn,
  proposed_by: publicId('staff', change.proposedBy),
  decided_by: change.decidedBy === null ? null : publicId('staff', change.decidedBy),
  created_at: timestamp(change.createdAt),
  decided_at: wireTime(change.decidedAt),
});
