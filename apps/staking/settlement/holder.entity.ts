import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, Shares } from '#kernel';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

@Entity({ schema: 'staking', name: 'holder' })
export class HolderRow {
  @PrimaryColumn('text', { name: 'pool_id' }) poolId!: string;
  @PrimaryColumn('uuid', { name: 'client_id' }) clientId!: string;
  /** Of the client, as this pool knows it. */
  @Column('text') tier!: string;
  @Column('numeric', { ...units }) shares!: Shares;
  @Column('numeric', { ...units, name: 'index_paid' }) indexPaid!: bigint;
  @Column('numeric', { ...units }) remainder!: bigint;
}

@Entity({ schema: 'staking', name: 'settlement' })
export class Settlement {
  @PrimaryColumn('uuid', { name: 'run_id' }) runId!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('int') holders!: number;
  @Column('numeric', { ...units }) amount!: Amount;
  @Column('numeric', { ...units, name: 'reward_index' }) rewardIndex!: bigint;
  @Column('timestamptz') at!: Date;
}

/** A chunk of holders that a run has settled. */
@Entity({ schema: 'staking', name: 'settlement_chunk' })
export class SettlementChunk {
  @PrimaryColumn('uuid', { name: 'run_id' }) runId!: string;
  @PrimaryColumn('int') number!: number;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  /** The last client of it. */
  @Column('uuid', { nullable: true }) through!: string | null;
  @Column('int') holders!: number;
  @Column('numeric', { ...units }) amount!: Amount;
  /** Whether there may be holders behind it. */
  @Column('boolean') more!: boolean;
  @Column('timestamptz') at!: Date;
}
