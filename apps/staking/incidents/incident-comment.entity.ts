import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What people found and did, as they went along. */
@Entity({ schema: 'staking', name: 'incident_comment' })
export class IncidentComment {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'incident_id' }) incidentId!: string;
  @Column('uuid', { name: 'staff_id' }) staffId!: string;
  /** Whether clients of the pool read it too, without a name. */
  @Column('boolean', { name: 'to_clients' }) toClients!: boolean;
  @Column('text') comment!: string;
  @Column('timestamptz') at!: Date;
}
