import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount } from '#kernel';
import type { DistributionState, LineState, RecoverySource } from './distribution.js';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

/** Where the money of a distribution came from. */
export interface SourceRow {
  readonly from: RecoverySource;
  readonly operator_id?: string;
  readonly amount_atomic: string;
}

@Entity({ schema: 'staking', name: 'distribution' })
export class Distribution {
  /** Of the proposal that two people agreed on. */
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('uuid', { name: 'loss_id' }) lossId!: string;
  @Column('text') state!: DistributionState;
  @Column('numeric', { ...units }) total!: Amount;
  @Column('int') lines!: number;
  @Column('numeric', { ...units }) largest!: Amount;
  /** SHA-256, hex, of `client:amount` lines in the order of clients. */
  @Column('text', { name: 'lines_hash' }) linesHash!: string;
  @Column('jsonb') sources!: readonly SourceRow[];
  @Column('numeric', { ...units }) paid!: Amount;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'state_since' }) stateSince!: Date;
  @Column('int') version!: number;
}

@Entity({ schema: 'staking', name: 'distribution_line' })
export class DistributionLine {
  @PrimaryColumn('uuid', { name: 'distribution_id' }) distributionId!: string;
  @PrimaryColumn('uuid', { name: 'client_id' }) clientId!: string;
  @Column('numeric', { ...units }) amount!: Amount;
  @Column('text') state!: LineState;
  /** Why it is held. */
  @Column('text', { nullable: true }) reason!: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'paid_at', nullable: true }) paidAt!: Date | null;
}
