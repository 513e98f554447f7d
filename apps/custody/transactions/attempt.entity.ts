import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount } from '#kernel';

/**
 * One signature asked for under a transaction's nonce: the first, or a replacement that pays more. Destination, value and data are the
 * transaction's own, so whichever of them the chain takes does the same, once.
 */
@Entity({ schema: 'custody', name: 'transaction_attempt' })
export class AttemptEntity {
  @PrimaryColumn('uuid', { name: 'transaction_id' }) transactionId!: string;
  @PrimaryColumn('integer') number!: number;
  @Column('text') chain!: string;
  @Column('text') state!: 'asked' | 'signed' | 'refused';
  @Column('uuid', { name: 'signature_id' }) signatureId!: string;
  /** Prices are null where they were not kept when it was asked for. */
  @Column('numeric', { name: 'gas_limit', nullable: true, transformer: baseUnits }) gasLimit!: bigint | null;
  @Column('numeric', { name: 'max_fee_per_gas', nullable: true, transformer: baseUnits }) maxFeePerGas!: bigint | null;
  @Column('numeric', { name: 'max_priority_fee_per_gas', nullable: true, transformer: baseUnits }) maxPriorityFeePerGas!: bigint | null;
  @Column('numeric', { name: 'worst_cost', transformer: baseUnits }) worstCost!: Amount;
  @Column('text') unsigned!: string;
  @Column('text', { nullable: true }) signed!: string | null;
  @Column('text', { nullable: true }) hash!: string | null;
  @Column('text', { nullable: true }) code!: string | null;
  @Column('text', { nullable: true }) detail!: string | null;
  /** The chain's head when it was asked for: waiting is counted in blocks from here. */
  @Column('bigint', { name: 'head_number', transformer: baseUnits }) headNumber!: bigint;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'answered_at', nullable: true }) answeredAt!: Date | null;
}
