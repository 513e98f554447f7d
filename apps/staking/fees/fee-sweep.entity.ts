import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount } from '#kernel';
import type { FeeSweepState } from './fee-sweep.js';

@Entity({ schema: 'staking', name: 'fee_sweep' })
export class FeeSweep {
  /** Also the id of the request to custody. */
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('numeric', { transformer: baseUnits }) amount!: Amount;
  @Column('text') state!: FeeSweepState;
  @Column('text', { name: 'transaction_hash', nullable: true }) transactionHash!: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'state_since' }) stateSince!: Date;
  @Column('int') version!: number;
}
