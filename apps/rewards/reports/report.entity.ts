import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, Delta } from '#kernel';
import type { Exceeded } from './limits.js';
import type { ReportState } from './report.js';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

@Entity({ schema: 'rewards', name: 'report' })
export class Report {
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('int') number!: number;
  @Column('text') state!: ReportState;
  @Column('bigint', { ...units, name: 'from_slot' }) fromSlot!: bigint;
  @Column('bigint', { ...units, name: 'to_slot' }) toSlot!: bigint;
  @Column('bigint', { ...units, name: 'to_epoch' }) toEpoch!: bigint;
  @Column('bigint', { ...units, name: 'to_block' }) toBlock!: bigint;
  @Column('text', { name: 'to_block_root' }) toBlockRoot!: string;
  @Column('bigint', { ...units }) seconds!: bigint;
  @Column('int') validators!: number;
  @Column('numeric', { ...units }) principal!: Amount;
  /** Of all sources. */
  @Column('numeric', { ...units }) reward!: Delta;
  @Column('numeric', { ...units, name: 'priority_fees' }) priorityFees!: Amount;
  @Column('numeric', { ...units }) mev!: Amount;
  @Column('numeric', { ...units, name: 'expected_commission' }) expectedCommission!: Amount;
  @Column('numeric', { ...units, nullable: true }) commission!: Amount | null;
  @Column('bigint', { ...units, name: 'annual_bps' }) annualBps!: bigint;
  @Column('text', { array: true }) exceeded!: Exceeded[];
  @Column('text', { nullable: true }) reason!: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'applied_at', nullable: true }) appliedAt!: Date | null;
  @Column('int') version!: number;
}
