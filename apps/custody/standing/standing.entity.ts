import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What compliance last said of a client. No row means: nothing is allowed. */
@Entity({ schema: 'custody', name: 'standing' })
export class StandingEntity {
  @PrimaryColumn('uuid', { name: 'client_id' }) clientId!: string;
  @Column('integer') version!: number;
  @Column('text') state!: string;
  @Column('boolean', { name: 'may_deposit' }) mayDeposit!: boolean;
  @Column('boolean', { name: 'may_withdraw' }) mayWithdraw!: boolean;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}
