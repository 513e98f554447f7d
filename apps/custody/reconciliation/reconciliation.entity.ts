import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { ReconciliationReport } from './report.js';

/** One comparison of ledger and chain: kept as it was found. */
@Entity({ schema: 'custody', name: 'reconciliation' })
export class ReconciliationEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') chain!: string;
  @Column('bigint', { name: 'block_number', transformer: baseUnits }) blockNumber!: bigint;
  @Column('text', { name: 'block_hash' }) blockHash!: string;
  @Column('bigint', { transformer: baseUnits }) slot!: bigint;
  @Column('text') state!: 'agreed' | 'broken';
  /** Every wallet was compared; otherwise those that had moved since they were compared last, and the house's working ones. */
  @Column('boolean') whole!: boolean;
  @Column('jsonb') report!: ReconciliationReport;
  @Column('text', { name: 'requested_by' }) requestedBy!: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
