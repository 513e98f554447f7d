import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, Shares } from '#kernel';
import type { Basis } from './queue.js';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

/** Requests whose nominal one report fixed at one price. */
@Entity({ schema: 'staking', name: 'exit_group' })
export class ExitGroupRow {
  @PrimaryColumn('text', { name: 'pool_id' }) poolId!: string;
  @PrimaryColumn('int') report!: number;
  @Column('numeric', { ...units, name: 'price_value' }) priceValue!: Amount;
  @Column('numeric', { ...units, name: 'price_shares' }) priceShares!: Shares;
  @Column('bigint', { ...units, name: 'end_place' }) endPlace!: bigint;
  @Column('numeric', { ...units, name: 'end_shares' }) endShares!: bigint;
  @Column('numeric', { ...units, name: 'end_nominal' }) endNominal!: bigint;
  @Column('int') requests!: number;
  @Column('timestamptz', { name: 'fixed_at' }) fixedAt!: Date;
}

/** A stretch of one group that a report paid, and how far it is settled one by one. */
@Entity({ schema: 'staking', name: 'exit_range' })
export class ExitRange {
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  /** Of the pool's ranges, in the order of the queue. */
  @Column('int') number!: number;
  @Column('int') report!: number;
  @Column('int', { name: 'group_report' }) groupReport!: number;
  @Column('bigint', { ...units, name: 'from_place' }) fromPlace!: bigint;
  @Column('numeric', { ...units, name: 'from_shares' }) fromShares!: bigint;
  @Column('numeric', { ...units, name: 'from_nominal' }) fromNominal!: bigint;
  @Column('bigint', { ...units, name: 'to_place' }) toPlace!: bigint;
  @Column('numeric', { ...units, name: 'to_shares' }) toShares!: bigint;
  @Column('numeric', { ...units, name: 'to_nominal' }) toNominal!: bigint;
  @Column('text') basis!: Basis;
  @Column('numeric', { ...units, name: 'price_value' }) priceValue!: Amount;
  @Column('numeric', { ...units, name: 'price_shares' }) priceShares!: Shares;
  @Column('numeric', { ...units, name: 'set_aside' }) setAside!: Amount;
  @Column('timestamptz', { name: 'finalised_at' }) finalisedAt!: Date;
  @Column('bigint', { ...units, name: 'settled_place' }) settledPlace!: bigint;
  @Column('numeric', { ...units }) settled!: Amount;
  @Column('int') requests!: number;
  /** What flooring one by one left over; null until all are paid. */
  @Column('numeric', { ...units, nullable: true }) surplus!: Amount | null;
  @Column('timestamptz', { name: 'settled_at', nullable: true }) settledAt!: Date | null;
  @Column('int') version!: number;
}

/** For which validator a stretch of the queue waits. */
@Entity({ schema: 'staking', name: 'exit_cover' })
export class ExitCover {
  @PrimaryColumn('text', { name: 'pool_id' }) poolId!: string;
  @PrimaryColumn('text') pubkey!: string;
  @Column('bigint', { ...units, name: 'from_place' }) fromPlace!: bigint;
  @Column('bigint', { ...units, name: 'to_place' }) toPlace!: bigint;
  /** It is known to be leaving. */
  @Column('boolean') sent!: boolean;
  /** Orders up to here know it. */
  @Column('bigint', { ...units, name: 'told_place' }) toldPlace!: bigint;
}
