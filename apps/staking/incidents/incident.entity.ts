import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { IncidentKind, IncidentState } from './incident.js';

@Entity({ schema: 'staking', name: 'incident' })
export class Incident {
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('text') kind!: IncidentKind;
  /** Batch, validator key, report number or block: with pool and kind it names the matter. */
  @Column('text') subject!: string;
  @Column('text') state!: IncidentState;
  @Column('jsonb') details!: Readonly<Record<string, string | null>>;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'state_since' }) stateSince!: Date;
  @Column('int') version!: number;
}
