import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount } from '#kernel';
import type { Cap } from './caps.js';
import type { MevPolicy, OperatorState, ScoreCard, TargetKind } from './operator.js';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

/** Who runs validators of ours, and on what terms. Shares are basis points, times days. */
@Entity({ schema: 'staking', name: 'operator' })
export class OperatorRow {
  @PrimaryColumn('text') id!: string;
  @Column('text') name!: string;
  /** ISO 3166-1 alpha-2. */
  @Column('text') jurisdiction!: string;
  /** The consensus client that it runs. */
  @Column('text', { name: 'client_type' }) clientType!: string;
  @Column('text', { name: 'contract_reference' }) contractReference!: string;
  @Column('date', { name: 'contract_from' }) contractFrom!: string;
  @Column('date', { name: 'contract_until', nullable: true }) contractUntil!: string | null;
  @Column('int', { name: 'sla_effectiveness_bps' }) slaEffectivenessBps!: number;
  @Column('int', { name: 'sla_proposals_bps' }) slaProposalsBps!: number;
  @Column('int', { name: 'fee_bps' }) feeBps!: number;
  @Column('numeric', { ...units, name: 'self_bond' }) selfBond!: Amount;
  /** Lower case; beside the vault of the validator's pool, which is always allowed. */
  @Column('text', { name: 'fee_recipients', array: true }) feeRecipients!: string[];
  @Column('text', { name: 'mev_policy' }) mevPolicy!: MevPolicy;
  @Column('text', { array: true }) relays!: string[];
  /** Addresses of builders that its relays offer, lower case. */
  @Column('text', { array: true }) builders!: string[];
  /** Its part of a pool beside the others' weights. */
  @Column('int') weight!: number;
  @Column('int', { name: 'stake_limit_bps' }) stakeLimitBps!: number;
  @Column('int', { name: 'exit_threshold_bps' }) exitThresholdBps!: number;
  @Column('text', { name: 'target_kind', nullable: true }) targetKind!: TargetKind | null;
  @Column('numeric', { ...units, name: 'target_stake', nullable: true }) targetStake!: Amount | null;
  @Column('text') state!: OperatorState;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'state_since' }) stateSince!: Date;
  @Column('int') version!: number;
}

/** What was found of an operator, and until when it holds. Never changed. */
@Entity({ schema: 'staking', name: 'operator_assessment' })
export class AssessmentRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { name: 'operator_id' }) operatorId!: string;
  @Column('jsonb') scores!: ScoreCard;
  @Column('int') score!: number;
  @Column('text') evidence!: string;
  @Column('uuid', { name: 'proposal_id', nullable: true }) proposalId!: string | null;
  @Column('timestamptz', { name: 'assessed_at' }) assessedAt!: Date;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
}

/** How much stake may be where. `*`: for pools without caps of their own. */
@Entity({ schema: 'staking', name: 'allocation_caps' })
export class CapsRow {
  @PrimaryColumn('text', { name: 'pool_id' }) poolId!: string;
  @PrimaryColumn('int') version!: number;
  @Column('jsonb') caps!: Cap[];
  @Column('uuid', { name: 'proposal_id', nullable: true }) proposalId!: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}

/** The way by which money comes back from a key, as the chain's final state says. */
@Entity({ schema: 'staking', name: 'withdrawal_medium' })
export class MediumRow {
  @PrimaryColumn('text') pubkey!: string;
  @PrimaryColumn('text') type!: 'withdrawal_credentials';
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('text', { name: 'operator_id', nullable: true }) operatorId!: string | null;
  @Column('text') value!: string;
  @Column('text') state!: 'verified' | 'foreign';
  @Column('text') how!: string;
  @Column('timestamptz', { name: 'verified_at' }) verifiedAt!: Date;
}

@Entity({ schema: 'staking', name: 'exit_drill' })
export class ExitDrillRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { name: 'operator_id' }) operatorId!: string;
  @Column('uuid', { name: 'made_by' }) madeBy!: string;
  @Column('jsonb') result!: object;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
