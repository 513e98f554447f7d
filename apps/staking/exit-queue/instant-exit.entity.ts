import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, Shares } from '#kernel';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

/** At what an instant exit is priced, as two people decided. The newest version stands. */
@Entity({ schema: 'staking', name: 'instant_terms' })
export class InstantTermsRow {
  @PrimaryColumn('text', { name: 'pool_id' }) poolId!: string;
  @PrimaryColumn('int') version!: number;
  @Column('boolean') enabled!: boolean;
  @Column('int', { name: 'min_spread_bps' }) minSpreadBps!: number;
  @Column('int', { name: 'max_spread_bps' }) maxSpreadBps!: number;
  /** The buffer at and above which the spread is least. */
  @Column('numeric', { ...units, name: 'full_buffer' }) fullBuffer!: Amount;
  @Column('uuid', { name: 'proposal_id' }) proposalId!: string;
  @Column('timestamptz') since!: Date;
}

/** What a client was paid at once for its shares, which wait in the queue for the buffer. */
@Entity({ schema: 'staking', name: 'instant_exit' })
export class InstantExit {
  @PrimaryColumn('uuid', { name: 'order_id' }) orderId!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('uuid', { name: 'client_id' }) clientId!: string;
  @Column('numeric', { ...units }) shares!: Shares;
  /** At the price of the last report. */
  @Column('numeric', { ...units }) value!: Amount;
  @Column('numeric', { ...units }) paid!: Amount;
  @Column('int', { name: 'spread_bps' }) spreadBps!: number;
  /** The last report, whose price it took. */
  @Column('int') report!: number;
  @Column('timestamptz') at!: Date;
}
