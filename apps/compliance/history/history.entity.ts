import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'compliance', name: 'history' })
export class HistoryRow {
  @PrimaryColumn({ type: 'text' }) noun!: string;
  @PrimaryColumn({ name: 'resource_id', type: 'uuid' }) resourceId!: string;
  @PrimaryColumn({ type: 'integer' }) version!: number;
  @Column({ name: 'from_state', type: 'text', nullable: true }) fromState!: string | null;
  @Column({ name: 'to_state', type: 'text' }) toState!: string;
  @Column({ type: 'text' }) event!: string;
  @Column({ name: 'actor_kind', type: 'text' }) actorKind!: string;
  @Column({ name: 'actor_id', type: 'text' }) actorId!: string;
  @Column({ type: 'text', nullable: true }) reason!: string | null;
  @Column({ type: 'timestamptz' }) at!: Date;
}
