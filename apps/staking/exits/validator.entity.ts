import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { CredentialsType } from '#chains';
import { baseUnits } from '#database';
import type { Amount } from '#kernel';
import type { ValidatorState } from './validator.js';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

@Entity({ schema: 'staking', name: 'validator' })
export class Validator {
  @PrimaryColumn('text') pubkey!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('uuid', { name: 'batch_id' }) batchId!: string;
  @Column('text', { name: 'operator_id', nullable: true }) operatorId!: string | null;
  @Column('bigint', { ...units, name: 'validator_index' }) index!: bigint;
  @Column('bigint', { ...units, name: 'activation_epoch' }) activationEpoch!: bigint;
  @Column('numeric', { ...units }) principal!: Amount;
  /** Balance as of the last report; the ledger holds the same. */
  @Column('numeric', { ...units }) booked!: Amount;
  @Column('boolean') reported!: boolean;
  @Column('text') state!: ValidatorState;
  /** Of exit requests. */
  @Column('int') attempt!: number;
  @Column('timestamptz', { name: 'retry_at', nullable: true }) retryAt!: Date | null;
  @Column('uuid', { name: 'exit_request_id', nullable: true }) exitRequestId!: string | null;
  @Column('text', { name: 'exit_transaction_hash', nullable: true }) exitTransactionHash!: string | null;
  /** The chain's finalised epoch when the request was final. */
  @Column('bigint', { ...units, name: 'exit_sent_epoch', nullable: true }) exitSentEpoch!: bigint | null;
  @Column('text', { name: 'credentials_type' }) credentialsType!: CredentialsType;
  /** Slashed: what it is expected to lose more, wei, and when. A forecast; it grows with every further slashing of anybody. */
  @Column('numeric', { ...units, name: 'forecast_penalty', nullable: true }) forecastPenalty!: Amount | null;
  @Column('bigint', { ...units, name: 'forecast_epoch', nullable: true }) forecastEpoch!: bigint | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'state_since' }) stateSince!: Date;
  @Column('int') version!: number;
}
