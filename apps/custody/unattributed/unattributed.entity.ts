import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, AssetCode } from '#kernel';
import type { Cause, Proposal, UnattributedState } from './unattributed.js';

/** Money at an address of ours that the books hold for nobody. */
@Entity({ schema: 'custody', name: 'unattributed' })
export class UnattributedEntity {
  /** The reference of the posting that booked it. */
  @PrimaryColumn('uuid') id!: string;
  @Column('text') chain!: string;
  @Column('text') asset!: AssetCode;
  @Column('uuid', { name: 'wallet_id' }) walletId!: string;
  @Column('numeric', { transformer: baseUnits }) amount!: Amount;
  @Column('text') cause!: Cause;
  /** Lower-case; null where no transfer shows it. */
  @Column('text', { nullable: true }) sender!: string | null;
  @Column('text', { name: 'transaction_hash', nullable: true }) transactionHash!: string | null;
  /** It arrived after this block was compared, and no later than the next. */
  @Column('bigint', { name: 'from_block', transformer: baseUnits }) fromBlock!: bigint;
  @Column('bigint', { name: 'block_number', transformer: baseUnits }) blockNumber!: bigint;
  @Column('text', { name: 'block_hash' }) blockHash!: string;
  @Column('timestamptz', { name: 'block_time' }) blockTime!: Date;
  @Column('text') state!: UnattributedState;
  @Column('jsonb', { nullable: true }) proposal!: Proposal | null;
  @Column('uuid', { name: 'proposed_by', nullable: true }) proposedBy!: string | null;
  @Column('uuid', { name: 'decided_by', nullable: true }) decidedBy!: string | null;
  @Column('uuid', { name: 'transaction_id', nullable: true }) transactionId!: string | null;
  @Column('integer') version!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}
