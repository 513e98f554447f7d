import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ApplicationState } from './application.js';

@Entity({ schema: 'compliance', name: 'application' })
export class ApplicationRow {
  @PrimaryColumn({ type: 'uuid' }) id!: string;
  @Column({ name: 'client_id', type: 'uuid' }) clientId!: string;
  @Column({ type: 'integer' }) version!: number;
  @Column({ type: 'text' }) state!: ApplicationState;
  /** Keyed hash of the personal data as it is now. */
  @Column({ name: 'input_hash', type: 'text' }) inputHash!: string;
  @Column({ name: 'screening_run_id', type: 'uuid', nullable: true }) screeningRunId!: string | null;
  @Column({ name: 'assigned_to', type: 'uuid', nullable: true }) assignedTo!: string | null;
  @Column({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  @Column({ name: 'submitted_at', type: 'timestamptz', nullable: true }) submittedAt!: Date | null;
  @Column({ name: 'updated_at', type: 'timestamptz' }) updatedAt!: Date;
}
