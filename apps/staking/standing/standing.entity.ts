import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What compliance lets a client do. No row: nothing. */
@Entity({ schema: 'staking', name: 'standing' })
export class Standing {
  @PrimaryColumn('uuid', { name: 'client_id' }) clientId!: string;
  @Column('int') version!: number;
  @Column('text') state!: 'applicant' | 'approved' | 'restricted' | 'closed';
  @Column('boolean', { name: 'may_stake' }) mayStake!: boolean;
  @Column('boolean', { name: 'may_unstake' }) mayUnstake!: boolean;
  @Column('text', { name: 'client_class' }) clientClass!: string;
}

/** The document in force for a product. */
@Entity({ schema: 'staking', name: 'disclosure' })
export class Disclosure {
  @PrimaryColumn('text', { name: 'product_id' }) productId!: string;
  @Column('int') version!: number;
  @Column('text') hash!: string;
}

@Entity({ schema: 'staking', name: 'acknowledgement' })
export class Acknowledgement {
  @PrimaryColumn('uuid', { name: 'client_id' }) clientId!: string;
  @PrimaryColumn('text', { name: 'product_id' }) productId!: string;
  @PrimaryColumn('int') version!: number;
  @PrimaryColumn('text') hash!: string;
}
