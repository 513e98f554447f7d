import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ClientClass, Relationship, Standing, StandingState } from './standing.js';

@Entity({ schema: 'compliance', name: 'standing' })
export class StandingRow implements Standing {
  @PrimaryColumn({ name: 'client_id', type: 'uuid' }) clientId!: string;
  @Column({ type: 'integer' }) version!: number;
  @Column({ type: 'text' }) relationship!: Relationship;
  @Column({ type: 'text' }) state!: StandingState;
  @Column({ name: 'may_deposit', type: 'boolean' }) mayDeposit!: boolean;
  @Column({ name: 'may_stake', type: 'boolean' }) mayStake!: boolean;
  @Column({ name: 'may_unstake', type: 'boolean' }) mayUnstake!: boolean;
  @Column({ name: 'may_withdraw', type: 'boolean' }) mayWithdraw!: boolean;
  @Column({ name: 'client_class', type: 'text' }) clientClass!: ClientClass;
  @Column({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  @Column({ name: 'updated_at', type: 'timestamptz' }) updatedAt!: Date;
}
