import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount } from '#kernel';
import type { ProposalKind, ProposalState } from './proposal.js';

@Entity({ schema: 'staking', name: 'proposal' })
export class Proposal {
  /** Also the id of the request to custody. */
  @PrimaryColumn('uuid') id!: string;
  /** null: it concerns no pool alone. */
  @Column('text', { name: 'pool_id', nullable: true }) poolId!: string | null;
  @Column('text') kind!: ProposalKind;
  /** What the kind needs; empty where columns say it. */
  @Column('jsonb') terms!: object;
  @Column('text', { nullable: true }) pubkey!: string | null;
  /** consolidation: the validator that takes over. */
  @Column('text', { name: 'target_pubkey', nullable: true }) targetPubkey!: string | null;
  /** write_off: whose deposit went to a foreign key. */
  @Column('uuid', { name: 'batch_id', nullable: true }) batchId!: string | null;
  @Column('numeric', { transformer: baseUnits, nullable: true }) amount!: Amount | null;
  @Column('text') state!: ProposalState;
  /** What it would do, as it was shown to both. */
  @Column('jsonb', { name: 'dry_run' }) dryRun!: Readonly<Record<string, string>>;
  @Column('uuid', { name: 'proposed_by' }) proposedBy!: string;
  @Column('uuid', { name: 'decided_by', nullable: true }) decidedBy!: string | null;
  @Column('text') comment!: string;
  @Column('text', { name: 'transaction_hash', nullable: true }) transactionHash!: string | null;
  @Column('text', { nullable: true }) reason!: string | null;
  /** consolidation: the chain's finalised epoch when the request was final. */
  @Column('bigint', { transformer: baseUnits, name: 'sent_epoch', nullable: true }) sentEpoch!: bigint | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'state_since' }) stateSince!: Date;
  @Column('int') version!: number;
}
