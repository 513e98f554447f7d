import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, AssetCode } from '#kernel';
import type { WithdrawalState } from './withdrawal.js';

@Entity({ schema: 'custody', name: 'withdrawal' })
export class WithdrawalEntity {
  /** The operation: derived from client, route and idempotency key. */
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'client_id' }) clientId!: string;
  @Column('text') chain!: string;
  @Column('text') asset!: AssetCode;
  @Column('numeric', { transformer: baseUnits }) amount!: Amount;
  @Column('uuid', { name: 'destination_id' }) destinationId!: string;
  @Column('text') address!: string;
  @Column('uuid', { name: 'transaction_id' }) transactionId!: string;
  @Column('text') state!: WithdrawalState;
  /** Why it was returned. */
  @Column('text', { nullable: true }) code!: string | null;
  @Column('text', { nullable: true }) hash!: string | null;
  @Column('integer') version!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}
