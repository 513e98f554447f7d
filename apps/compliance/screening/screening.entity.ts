import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { MatchState } from './match.js';
import type { BirthEvidence } from './screening.js';

export type SubjectKind = 'application' | 'deposit';
export type Trigger = 'customer_added' | 'customer_updated' | 'list_updated' | 'transfer' | 'review';
export type RunOutcome = 'no_hit' | 'hits' | 'error';

@Entity({ schema: 'compliance', name: 'screening_run' })
export class ScreeningRunRow {
  @PrimaryColumn({ type: 'uuid' }) id!: string;
  @Column({ name: 'subject_kind', type: 'text' }) subjectKind!: SubjectKind;
  @Column({ name: 'subject_id', type: 'uuid' }) subjectId!: string;
  @Column({ name: 'client_id', type: 'uuid' }) clientId!: string;
  @Column({ type: 'text' }) trigger!: Trigger;
  @Column({ name: 'list_version', type: 'integer', nullable: true }) listVersion!: number | null;
  @Column({ type: 'text' }) algorithm!: string;
  @Column({ name: 'input_hash', type: 'text' }) inputHash!: string;
  @Column({ type: 'text' }) outcome!: RunOutcome;
  @Column({ name: 'match_ids', type: 'uuid', array: true }) matchIds!: string[];
  @Column({ type: 'timestamptz' }) at!: Date;
}

@Entity({ schema: 'compliance', name: 'screening_match' })
export class MatchRow {
  @PrimaryColumn({ type: 'uuid' }) id!: string;
  @Column({ name: 'subject_kind', type: 'text' }) subjectKind!: SubjectKind;
  @Column({ name: 'subject_id', type: 'uuid' }) subjectId!: string;
  @Column({ name: 'client_id', type: 'uuid' }) clientId!: string;
  @Column({ type: 'integer' }) version!: number;
  @Column({ type: 'text' }) state!: MatchState;
  @Column({ name: 'entry_id', type: 'text' }) entryId!: string;
  @Column({ type: 'text' }) source!: string;
  @Column({ type: 'text' }) programme!: string;
  /** Of the list's entry, and of the data it was compared with: when either changes, the match is a new one. */
  @Column({ name: 'content_hash', type: 'text' }) contentHash!: string;
  @Column({ name: 'input_hash', type: 'text' }) inputHash!: string;
  @Column({ type: 'text' }) kind!: 'name' | 'address';
  @Column({ type: 'text', nullable: true }) birth!: BirthEvidence | null;
  @Column({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  @Column({ name: 'updated_at', type: 'timestamptz' }) updatedAt!: Date;
}
