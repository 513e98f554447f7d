import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { CredentialsType } from '#chains';
import type { Amount, AssetCode, Shares } from '#kernel';

/** What staking must know of a pool's chain to speak of times; read from the chain. */
export interface PoolNetwork {
  readonly secondsPerSlot: number;
  readonly slotsPerEpoch: number;
  readonly genesisForkVersion: string;
  readonly shardCommitteePeriod: number;
}

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

@Entity({ schema: 'staking', name: 'pool' })
export class PoolRow {
  @PrimaryColumn('text') id!: string;
  @Column('text', { name: 'share_asset' }) shareAsset!: AssetCode;
  @Column('numeric', { ...units }) assets!: Amount;
  @Column('numeric', { ...units }) shares!: Shares;
  @Column('numeric', { ...units, name: 'fixed_shares' }) fixedShares!: Shares;
  @Column('numeric', { ...units, name: 'leaving_shares' }) leavingShares!: Shares;
  @Column('numeric', { ...units }) surplus!: Amount;
  @Column('numeric', { ...units, name: 'carried_reward' }) carriedReward!: Amount;
  @Column('numeric', { ...units, name: 'loss_carried' }) lossCarried!: Amount;
  @Column('numeric', { ...units }) buffer!: Amount;
  @Column('numeric', { ...units }) credited!: Amount;
  @Column('numeric', { ...units }) collected!: Amount;
  @Column('int', { name: 'report_number' }) reportNumber!: number;
  @Column('text', { name: 'vault_address', nullable: true }) vaultAddress!: string | null;
  @Column('text', { name: 'withdrawal_credentials', nullable: true }) withdrawalCredentials!: string | null;
  @Column('text', { name: 'credentials_type' }) credentialsType!: CredentialsType;
  /** Compounding validators are topped up to this, wei. */
  @Column('numeric', { ...units, name: 'target_balance' }) targetBalance!: Amount;
  /** Commission booked and not swept yet. */
  @Column('numeric', { ...units, name: 'fees_owed' }) feesOwed!: Amount;
  /** The loss that two officers let the next reports carry though there are too few shares for it. */
  @Column('numeric', { ...units, name: 'loss_permitted' }) lossPermitted!: Amount;
  /** Blocks up to this one were checked for whom they paid. */
  @Column('bigint', { ...units, name: 'checked_block', nullable: true }) checkedBlock!: bigint | null;
  /** Whether its rate may be traded on: not while a report is late or held. */
  @Column('text', { name: 'rate_standing' }) rateStanding!: 'current' | 'late' | 'held';
  /** In trouble: exits from this place on wait (losses/bunker.ts). */
  @Column('bigint', { ...units, name: 'bunker_from_place', nullable: true }) bunkerFromPlace!: bigint | null;
  @Column('timestamptz', { name: 'bunker_since', nullable: true }) bunkerSince!: Date | null;
  @Column('text', { name: 'bunker_reason', nullable: true }) bunkerReason!: string | null;
  /** Its validators were compared with the finalised state of this epoch: what was slashed by then is known. */
  @Column('bigint', { ...units, name: 'watched_epoch', nullable: true }) watchedEpoch!: bigint | null;
  @Column('jsonb', { nullable: true }) network!: PoolNetwork | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('int') version!: number;
  /** Read with the row by lockPool, poolOf and allPools. */
  tiers!: readonly PoolTier[];
}

/** The earning holders of a tier of clients in a pool, and their index. */
@Entity({ schema: 'staking', name: 'pool_tier' })
export class PoolTier {
  @PrimaryColumn('text', { name: 'pool_id' }) poolId!: string;
  @PrimaryColumn('text') tier!: string;
  @Column('numeric', { ...units }) shares!: Shares;
  @Column('numeric', { ...units, name: 'reward_index' }) rewardIndex!: bigint;
  @Column('numeric', { ...units, name: 'index_remainder' }) indexRemainder!: bigint;
}

/** One report as it was applied: the published history of A, S and I. */
@Entity({ schema: 'staking', name: 'pool_report' })
export class PoolReport {
  @PrimaryColumn('text', { name: 'pool_id' }) poolId!: string;
  @PrimaryColumn('int') number!: number;
  @Column('uuid', { name: 'report_id' }) reportId!: string;
  @Column('timestamptz', { name: 'applied_at' }) appliedAt!: Date;
  /** When its period ended, by the chain's clock: it serves who asked up to then. null: who asked up to its application. */
  @Column('timestamptz', { name: 'closed_at', nullable: true }) closedAt!: Date | null;
  @Column('bigint', { ...units, name: 'from_slot' }) fromSlot!: bigint;
  @Column('bigint', { ...units, name: 'to_slot' }) toSlot!: bigint;
  @Column('bigint', { ...units, name: 'to_epoch' }) toEpoch!: bigint;
  @Column('bigint', { ...units, name: 'to_block' }) toBlock!: bigint;
  @Column('text', { name: 'to_block_root' }) toBlockRoot!: string;
  @Column('numeric', { ...units }) assets!: Amount;
  @Column('numeric', { ...units }) shares!: Shares;
  @Column('numeric', { ...units, name: 'earning_shares' }) earningShares!: Shares;
  /** Of the standard tier. */
  @Column('numeric', { ...units, name: 'reward_index' }) rewardIndex!: bigint;
  /** Of all sources; negative when losses outweigh. */
  @Column('numeric', { ...units }) reward!: bigint;
  @Column('numeric', { ...units, name: 'priority_fees' }) priorityFees!: Amount;
  @Column('numeric', { ...units }) mev!: Amount;
  /** Deposits of the validators that were observed. */
  @Column('numeric', { ...units }) principal!: Amount;
  /** For the house: what tiers pay less, and what they got back, is not in it. */
  @Column('numeric', { ...units }) commission!: Amount;
  /** compound: what tiers got back of the standard commission. */
  @Column('numeric', { ...units }) rebate!: Amount;
  /** Of the losses: what bonds, cover fund and first loss bore. */
  @Column('numeric', { ...units }) covered!: Amount;
  /** What those who entered paid to those who left, with nothing on chain. */
  @Column('numeric', { ...units }) netted!: Amount;
  /** What left the pool for exits whose rate this report made final. */
  @Column('numeric', { ...units, name: 'set_aside' }) setAside!: Amount;
  @Column('numeric', { ...units, name: 'loss_carried' }) lossCarried!: Amount;
  @Column('numeric', { ...units }) buffer!: Amount;
  @Column('int') validators!: number;
}
