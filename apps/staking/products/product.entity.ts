import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, AssetCode } from '#kernel';
import type { DepositProtection } from '../batches/batch.js';

@Entity({ schema: 'staking', name: 'product' })
export class Product {
  @PrimaryColumn('text') id!: string;
  @Column('text') asset!: AssetCode;
  @Column('text') kind!: 'pos_staking';
  /** payout: rewards raise an index and are paid on a schedule · compound: rewards raise what a share is worth. */
  @Column('text') mode!: 'payout' | 'compound';
  @Column('text') chain!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('numeric', { transformer: baseUnits }) minimum!: Amount;
  @Column('int', { name: 'commission_bps' }) commissionBps!: number;
  @Column('text', { name: 'deposit_protection' }) depositProtection!: DepositProtection;
  /** What an order for the asset alone means. */
  @Column('boolean', { name: 'is_default' }) isDefault!: boolean;
  /** The one client whom it is for; null: all. */
  @Column('uuid', { name: 'client_id', nullable: true }) clientId!: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
