import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount } from '#kernel';
import type { BatchKind, BatchState, DepositProtection } from './batch.js';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };
const text = (name: string) => ({ name, nullable: true });

@Entity({ schema: 'staking', name: 'batch' })
export class Batch {
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('text') kind!: BatchKind;
  @Column('text') protection!: DepositProtection;
  @Column('text') state!: BatchState;
  @Column('numeric', { ...units }) amount!: Amount;
  /** Of the amount: the pool's own money. */
  @Column('numeric', { ...units }) fill!: Amount;
  /** Rises with each request to the signer or custody, so that each has an id of its own. */
  @Column('int') attempt!: number;
  @Column('timestamptz', { name: 'retry_at', nullable: true }) retryAt!: Date | null;
  @Column('uuid', text('key_request_id')) keyRequestId!: string | null;
  @Column('text', { nullable: true }) pubkey!: string | null;
  @Column('text', text('withdrawal_credentials')) withdrawalCredentials!: string | null;
  @Column('text', { nullable: true }) signature!: string | null;
  @Column('text', text('deposit_data_root')) depositDataRoot!: string | null;
  @Column('text', text('key_path')) keyPath!: string | null;
  @Column('uuid', text('transaction_request_id')) transactionRequestId!: string | null;
  @Column('text', text('transaction_hash')) transactionHash!: string | null;
  /** The second deposit, where it goes in two steps. */
  @Column('uuid', text('top_up_key_request_id')) topUpKeyRequestId!: string | null;
  @Column('text', text('top_up_signature')) topUpSignature!: string | null;
  @Column('text', text('top_up_data_root')) topUpDataRoot!: string | null;
  @Column('uuid', text('top_up_request_id')) topUpRequestId!: string | null;
  @Column('text', text('top_up_hash')) topUpHash!: string | null;
  @Column('text', { nullable: true }) reason!: string | null;
  /** Who is to run what it pays for; null where it goes into no validator. */
  @Column('text', text('operator_id')) operatorId!: string | null;
  /** Why that operator, as it was computed when the batch was formed. */
  @Column('jsonb', { nullable: true }) allocation!: object | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'state_since' }) stateSince!: Date;
  @Column('int') version!: number;
}
