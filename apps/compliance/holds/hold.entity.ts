import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { HoldScopeName } from '../standing/standing.js';
import type { HoldState } from './hold.js';

@Entity({ schema: 'compliance', name: 'hold' })
export class HoldRow {
  @PrimaryColumn({ type: 'uuid' }) id!: string;
  @Column({ name: 'client_id', type: 'uuid' }) clientId!: string;
  @Column({ type: 'integer' }) version!: number;
  @Column({ type: 'text' }) state!: HoldState;
  @Column({ type: 'text', array: true }) scopes!: HoldScopeName[];
  /** Sealed. */
  @Column({ type: 'bytea' }) reason!: Buffer;
  @Column({ name: 'legal_basis', type: 'text' }) legalBasis!: string;
  /** The match that placed it, where no person did. */
  @Column({ name: 'match_id', type: 'uuid', nullable: true }) matchId!: string | null;
  @Column({ name: 'placed_by', type: 'text' }) placedBy!: string;
  @Column({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  @Column({ name: 'updated_at', type: 'timestamptz' }) updatedAt!: Date;
}
