import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, Delta, Shares } from '#kernel';
import type { Evidence } from './evidence.js';
import type { Exceeded } from './reading.js';
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
  /** The execution block of the closing checkpoint; reports of before it was kept have none. */
  @Column('text', { name: 'to_block_hash', nullable: true }) toBlockHash!: string | null;
  /** By the chain's clock. */
  @Column('timestamptz', { name: 'closed_at', nullable: true }) closedAt!: Date | null;
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
  @Column('jsonb', { nullable: true }) evidence!: Evidence | null;
  @Column('text', { name: 'content_hash', nullable: true }) contentHash!: string | null;
  @Column('timestamptz', { name: 'sent_at', nullable: true }) sentAt!: Date | null;
  /** Of the losses: what others than the clients bore. */
  @Column('numeric', { ...units }) covered!: Amount;
  /** As staking applied it. */
  @Column('numeric', { ...units, name: 'pool_assets', nullable: true }) poolAssets!: Amount | null;
  @Column('numeric', { ...units, name: 'pool_shares', nullable: true }) poolShares!: Shares | null;
  @Column('numeric', { ...units, name: 'reward_index', nullable: true }) rewardIndex!: bigint | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'applied_at', nullable: true }) appliedAt!: Date | null;
  @Column('int') version!: number;
}
