import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount } from '#kernel';
import type { ChangeState } from './schedule.js';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

@Entity({ schema: 'rewards', name: 'payout_schedule' })
export class PayoutSchedule {
  @PrimaryColumn('text', { name: 'pool_id' }) poolId!: string;
  @Column('text') cron!: string;
  @Column('text', { name: 'time_zone' }) timeZone!: string;
  /** Nobody who is owed less is paid. */
  @Column('numeric', { ...units, name: 'min_amount' }) minimum!: Amount;
  @Column('boolean') enabled!: boolean;
  /** Occurrences up to here have had their run, or had nothing to pay. */
  @Column('timestamptz', { name: 'done_to' }) doneTo!: Date;
  /** Nothing is due before; null when it never is again. */
  @Column('timestamptz', { name: 'next_at', nullable: true }) nextAt!: Date | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'changed_at' }) changedAt!: Date;
  @Column('int') version!: number;
}

/** What one person wants of a schedule and another decides. */
@Entity({ schema: 'rewards', name: 'payout_schedule_change' })
export class ScheduleChange {
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  /** The version of the schedule that it changes. */
  @Column('int', { name: 'based_on' }) basedOn!: number;
  @Column('text') cron!: string;
  @Column('text', { name: 'time_zone' }) timeZone!: string;
  @Column('numeric', { ...units, name: 'min_amount' }) minimum!: Amount;
  @Column('boolean') enabled!: boolean;
  @Column('text') reason!: string;
  @Column('text') state!: ChangeState;
  @Column('uuid', { name: 'proposed_by' }) proposedBy!: string;
  @Column('uuid', { name: 'decided_by', nullable: true }) decidedBy!: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'decided_at', nullable: true }) decidedAt!: Date | null;
  @Column('int') version!: number;
}
