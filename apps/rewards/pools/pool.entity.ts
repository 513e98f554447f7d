import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, AssetCode } from '#kernel';
import type { Standing } from '../reports/standing.js';
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
  /** For one client: nobody else is told of it. */
  @Column('boolean') dedicated!: boolean;
  @Column('uuid', { name: 'client_id', nullable: true }) clientId!: string | null;
  /** As the pool was opened; what is charged stands in its fee schedule. */
  @Column('int', { name: 'commission_bps' }) commissionBps!: number;
  /** Of the last report applied; 0 and null before the first. */
  @Column('int', { name: 'report_number' }) reportNumber!: number;
  @Column('bigint', { ...units, name: 'reported_slot', nullable: true }) reportedSlot!: bigint | null;
  @Column('bigint', { ...units, name: 'reported_epoch', nullable: true }) reportedEpoch!: bigint | null;
  @Column('timestamptz', { name: 'reported_at', nullable: true }) reportedAt!: Date | null;
  /** How far it is below its high-water mark at most. */
  @Column('numeric', { ...units, name: 'loss_carried' }) lossCarried!: Amount;
  @Column('text') state!: PoolState;
  /** What its rate is worth, as staking was told last; of which report that speaks, and since when. */
  @Column('text') standing!: Standing;
  @Column('int', { name: 'standing_number' }) standingNumber!: number;
  @Column('timestamptz', { name: 'standing_since', nullable: true }) standingSince!: Date | null;
  /** Why the last look at the chain came to nothing. */
  @Column('text', { nullable: true }) trouble!: string | null;
  @Column('timestamptz', { name: 'trouble_at', nullable: true }) troubleAt!: Date | null;
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
