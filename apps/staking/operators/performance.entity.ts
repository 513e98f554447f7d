import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount } from '#kernel';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

/** Epochs of a pool's validators that were looked at, both ends included. */
@Entity({ schema: 'staking', name: 'performance_window' })
export class PerformanceWindow {
  @PrimaryColumn('text', { name: 'pool_id' }) poolId!: string;
  @PrimaryColumn('bigint', { ...units, name: 'from_epoch' }) fromEpoch!: bigint;
  @Column('bigint', { ...units, name: 'to_epoch' }) toEpoch!: bigint;
  @Column('timestamptz', { name: 'collected_at' }) collectedAt!: Date;
}

/** What one validator was to do in a window, and what it did. */
@Entity({ schema: 'staking', name: 'performance' })
export class PerformanceRow {
  @PrimaryColumn('text') pubkey!: string;
  @PrimaryColumn('bigint', { ...units, name: 'from_epoch' }) fromEpoch!: bigint;
  @Column('bigint', { ...units, name: 'to_epoch' }) toEpoch!: bigint;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('text', { name: 'operator_id', nullable: true }) operatorId!: string | null;
  @Column('bigint', { ...units, name: 'active_epochs' }) activeEpochs!: bigint;
  /** Effective balance times epochs, wei. */
  @Column('numeric', { ...units, name: 'stake_epochs' }) stakeEpochs!: Amount;
  @Column('bigint', { ...units, name: 'expected_attestations' }) expectedAttestations!: bigint;
  @Column('bigint', { ...units }) included!: bigint;
  @Column('bigint', { ...units, name: 'source_correct' }) sourceCorrect!: bigint;
  @Column('bigint', { ...units, name: 'target_correct' }) targetCorrect!: bigint;
  @Column('bigint', { ...units, name: 'expected_heads' }) expectedHeads!: bigint;
  @Column('bigint', { ...units, name: 'head_correct' }) headCorrect!: bigint;
  @Column('bigint', { ...units, name: 'delay_slots', nullable: true }) delaySlots!: bigint | null;
  @Column('bigint', { ...units, name: 'expected_proposals' }) expectedProposals!: bigint;
  @Column('bigint', { ...units }) proposals!: bigint;
}
