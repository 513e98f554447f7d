import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, AssetCode } from '#kernel';
import type { Actor } from '../history/history.store.js';
import type { RunState } from './run.js';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

@Entity({ schema: 'rewards', name: 'payout_run' })
export class PayoutRun {
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('text') asset!: AssetCode;
  @Column('text') state!: RunState;
  @Column('text', { name: 'planned_by_kind' }) plannedByKind!: Actor['kind'];
  @Column('text', { name: 'planned_by_id' }) plannedById!: string;
  /** The last report that was applied when it was planned. */
  @Column('int', { name: 'report_number' }) reportNumber!: number;
  @Column('bigint', { ...units, name: 'report_epoch', nullable: true }) reportEpoch!: bigint | null;
  /** The last occurrence of the schedule that it stands for, how many it stands for (more than one: it catches up), and by which version of it. */
  @Column('timestamptz', { name: 'due_at', nullable: true }) dueAt!: Date | null;
  @Column('int', { nullable: true }) occurrences!: number | null;
  @Column('int', { name: 'schedule_version', nullable: true }) scheduleVersion!: number | null;
  /** Of the dry run: the least that is paid at once, what was collected, what clients were owed, what the lines pay. */
  @Column('numeric', { ...units, name: 'min_amount' }) minimum!: Amount;
  @Column('numeric', { ...units }) budget!: Amount;
  @Column('numeric', { ...units }) owed!: Amount;
  @Column('numeric', { ...units }) total!: Amount;
  @Column('numeric', { ...units }) paid!: Amount;
  @Column('numeric', { ...units }) returned!: Amount;
  @Column('int') lines!: number;
  @Column('int', { name: 'lines_paid' }) linesPaid!: number;
  @Column('int', { name: 'lines_held' }) linesHeld!: number;
  @Column('numeric', { ...units }) held!: Amount;
  @Column('int', { name: 'lines_below' }) linesBelow!: number;
  @Column('numeric', { ...units }) below!: Amount;
  @Column('int') chunks!: number;
  /** The moment of the balances that it was drawn up of, by the clock of the database; how often it was drawn up since the workers last agreed. */
  @Column('timestamptz', { name: 'drawn_at', nullable: true }) drawnAt!: Date | null;
  @Column('int') draws!: number;
  @Column('text', { name: 'dry_run_hash', nullable: true }) dryRunHash!: string | null;
  /** Chunks have come through this client. */
  @Column('uuid', { name: 'paid_through', nullable: true }) paidThrough!: string | null;
  /** What the second worker came to. */
  @Column('text', { name: 'verified_hash', nullable: true }) verifiedHash!: string | null;
  @Column('timestamptz', { name: 'verified_at', nullable: true }) verifiedAt!: Date | null;
  /** What was left of the collected rewards after the run. */
  @Column('numeric', { ...units, name: 'left_over', nullable: true }) leftOver!: Amount | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  /** The effective time of all its postings. */
  @Column('timestamptz', { name: 'posting_at', nullable: true }) postingAt!: Date | null;
  @Column('timestamptz', { name: 'finished_at', nullable: true }) finishedAt!: Date | null;
  @Column('int') version!: number;
}
