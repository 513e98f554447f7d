import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, Shares } from '#kernel';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

/** As it is kept: whether a fixed one is finalised is a matter of its place, not of its row. */
export type ExitRequestState = 'waiting' | 'fixed' | 'paid' | 'cancelled';

/** A place in the exit queue of a pool. */
@Entity({ schema: 'staking', name: 'exit_request' })
export class ExitRequest {
  /** Of the operation that the client asked for. */
  @PrimaryColumn('uuid', { name: 'order_id' }) orderId!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  /** As it arrived. */
  @Column({ type: 'bigint', ...units, insert: false, update: false }) seq!: bigint;
  /** Given by the next report; null until then. A cancelled one keeps it. */
  @Column({ type: 'bigint', ...units, nullable: true }) place!: bigint | null;
  /** null: the instant buffer, which has paid the client already. */
  @Column('uuid', { name: 'client_id', nullable: true }) clientId!: string | null;
  @Column('numeric', { ...units }) shares!: Shares;
  @Column('timestamptz', { name: 'accepted_at' }) acceptedAt!: Date;
  @Column('text') state!: ExitRequestState;
  /** The report that fixed its nominal; negative: one of before there were groups. */
  @Column('int', { name: 'group_report', nullable: true }) groupReport!: number | null;
  @Column('numeric', { ...units, nullable: true }) nominal!: Amount | null;
  /** Over the whole queue, up to and with this one. */
  @Column('numeric', { ...units, name: 'cum_shares', nullable: true }) cumShares!: bigint | null;
  @Column('numeric', { ...units, name: 'cum_nominal', nullable: true }) cumNominal!: bigint | null;
  @Column('numeric', { ...units, nullable: true }) payout!: Amount | null;
  @Column('int') version!: number;
}
