import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, AssetCode } from '#kernel';
import type { PoolState } from './pool.js';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

@Entity({ schema: 'rewards', name: 'pool' })
export class Pool {
  @PrimaryColumn('text') id!: string;
  @Column('text', { name: 'product_id' }) productId!: string;
  @Column('text') chain!: string;
  @Column('text') asset!: AssetCode;
  @Column('text', { name: 'share_asset' }) shareAsset!: string;
  @Column('text') mode!: 'payout' | 'compound';
  /** As the pool was opened; what is charged stands in its fee schedule. */
  @Column('int', { name: 'commission_bps' }) commissionBps!: number;
  /** Of the last report applied; 0 and null before the first. */
  @Column('int', { name: 'report_number' }) reportNumber!: number;
  @Column('bigint', { ...units, name: 'reported_slot', nullable: true }) reportedSlot!: bigint | null;
  @Column('bigint', { ...units, name: 'reported_epoch', nullable: true }) reportedEpoch!: bigint | null;
  @Column('text') state!: PoolState;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('int') version!: number;
}

@Entity({ schema: 'rewards', name: 'validator' })
export class Validator {
  @PrimaryColumn('text') pubkey!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('bigint', { ...units, name: 'validator_index' }) index!: bigint;
  @Column('numeric', { ...units }) principal!: Amount;
  @Column('bigint', { ...units, name: 'activation_epoch' }) activationEpoch!: bigint;
  /** Its next period opens with this balance, after this slot. */
  @Column('numeric', { ...units }) opening!: Amount;
  @Column('bigint', { ...units, name: 'since_slot' }) sinceSlot!: bigint;
  /** The report in which it was emptied. */
  @Column('int', { name: 'left_in', nullable: true }) leftIn!: number | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
