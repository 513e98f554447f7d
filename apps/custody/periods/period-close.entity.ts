import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Entity as LegalEntity } from '#ledger';
import type { PeriodCloseState } from './period-close.js';

@Entity({ schema: 'custody', name: 'period_close' })
export class PeriodCloseEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') entity!: LegalEntity;
  /** The last day of the period, UTC. */
  @Column('date') through!: string;
  @Column('text') state!: PeriodCloseState;
  @Column('uuid', { name: 'proposed_by' }) proposedBy!: string;
  @Column('uuid', { name: 'decided_by', nullable: true }) decidedBy!: string | null;
  /** The ledger's number of the period, and its digest. */
  @Column('integer', { nullable: true }) seq!: number | null;
  @Column('text', { nullable: true }) digest!: string | null;
  @Column('integer') version!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}
