import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, AssetCode } from '#kernel';
import type { DepositProtection } from '../batches/batch.js';

@Entity({ schema: 'staking', name: 'product' })
export class Product {
  @PrimaryColumn('text') id!: string;
  @Column('text') asset!: AssetCode;
  @Column('text') kind!: 'pos_staking';
  @Column('text') mode!: 'payout';
  @Column('text') chain!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('numeric', { transformer: baseUnits }) minimum!: Amount;
  @Column('int', { name: 'commission_bps' }) commissionBps!: number;
  @Column('text', { name: 'deposit_protection' }) depositProtection!: DepositProtection;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
