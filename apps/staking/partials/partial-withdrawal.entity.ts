import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount } from '#kernel';
import type { PartialPurpose, PartialState } from './partial-withdrawal.js';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

@Entity({ schema: 'staking', name: 'partial_withdrawal' })
export class PartialWithdrawal {
  /** Also the id of the request to custody. */
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('text') pubkey!: string;
  @Column('text') purpose!: PartialPurpose;
  @Column('numeric', { ...units }) amount!: Amount;
  /** Of principal: what reports have seen of it. */
  @Column('numeric', { ...units }) received!: Amount;
  @Column('text') state!: PartialState;
  @Column('text', { name: 'transaction_hash', nullable: true }) transactionHash!: string | null;
  /** The chain's finalised epoch when the request was seen to be final. */
  @Column('bigint', { ...units, name: 'sent_epoch', nullable: true }) sentEpoch!: bigint | null;
  @Column('text', { nullable: true }) reason!: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'state_since' }) stateSince!: Date;
  @Column('int') version!: number;
}
