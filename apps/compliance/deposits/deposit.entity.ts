import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { DepositState, ReviewReason } from './deposit.js';

@Entity({ schema: 'compliance', name: 'deposit' })
export class DepositRow {
  @PrimaryColumn({ type: 'uuid' }) id!: string;
  @Column({ name: 'client_id', type: 'uuid' }) clientId!: string;
  @Column({ type: 'integer' }) version!: number;
  @Column({ type: 'text' }) state!: DepositState;
  @Column({ type: 'text' }) chain!: string;
  @Column({ type: 'text' }) asset!: string;
  @Column({ type: 'numeric', transformer: baseUnits }) amount!: bigint;
  @Column({ type: 'text' }) sender!: string;
  @Column({ name: 'sender_known', type: 'boolean' }) senderKnown!: boolean;
  @Column({ name: 'transaction_hash', type: 'text' }) transactionHash!: string;
  @Column({ name: 'block_number', type: 'numeric', transformer: baseUnits }) blockNumber!: bigint;
  @Column({ name: 'screening_run_id', type: 'uuid' }) screeningRunId!: string;
  /** Why the rule did not clear it. */
  @Column({ type: 'text', array: true }) reasons!: ReviewReason[];
  @Column({ type: 'text', nullable: true }) basis!: 'rule' | 'officer' | null;
  @Column({ type: 'text', nullable: true }) reference!: string | null;
  /** Sealed. */
  @Column({ type: 'bytea', nullable: true }) comment!: Buffer | null;
  @Column({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  @Column({ name: 'updated_at', type: 'timestamptz' }) updatedAt!: Date;
}
