import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount } from '#kernel';
import type { ProposalKind, ProposalState } from './proposal.js';

@Entity({ schema: 'staking', name: 'proposal' })
export class Proposal {
  /** Also the id of the request to custody. */
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('text') kind!: ProposalKind;
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
