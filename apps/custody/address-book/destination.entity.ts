import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AssetCode } from '#kernel';
import type { DestinationState } from './destination.js';

@Entity({ schema: 'custody', name: 'destination' })
export class DestinationEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'client_id' }) clientId!: string;
  @Column('text') chain!: string;
  @Column('text') asset!: AssetCode;
  /** Lower-case. */
  @Column('text') address!: string;
  @Column('text') label!: string;
  @Column('text') state!: DestinationState;
  @Column('integer') version!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'usable_at' }) usableAt!: Date;
}
