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
  /** Of the dry run: what was collected, what clients were owed, what the lines pay. */
  @Column('numeric', { ...units }) budget!: Amount;
  @Column('numeric', { ...units }) owed!: Amount;
  @Column('numeric', { ...units }) total!: Amount;
  @Column('numeric', { ...units }) paid!: Amount;
  @Column('numeric', { ...units }) returned!: Amount;
  @Column('int') lines!: number;
  @Column('int', { name: 'lines_paid' }) linesPaid!: number;
  @Column('int') chunks!: number;
  @Column('text', { name: 'dry_run_hash', nullable: true }) dryRunHash!: string | null;
  /** What was left of the collected rewards after the run. */
  @Column('numeric', { ...units, name: 'left_over', nullable: true }) leftOver!: Amount | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  /** The effective time of all its postings. */
  @Column('timestamptz', { name: 'posting_at', nullable: true }) postingAt!: Date | null;
  @Column('timestamptz', { name: 'finished_at', nullable: true }) finishedAt!: Date | null;
  @Column('int') version!: number;
}
