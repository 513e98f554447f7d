import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { ChainState } from './chain-state.js';

/** The last finalised block that is in the books, and how the following stands. */
@Entity({ schema: 'custody', name: 'cursor' })
export class CursorEntity {
  @PrimaryColumn('text') chain!: string;
  @Column('bigint', { transformer: baseUnits }) number!: bigint;
  @Column('text') hash!: string;
  @Column('timestamptz') time!: Date;
  @Column('text') state!: ChainState;
  /** Why it is not following. */
  @Column('text', { nullable: true }) code!: string | null;
  @Column('text', { nullable: true }) detail!: string | null;
  @Column('timestamptz', { name: 'state_since' }) stateSince!: Date;
  @Column('bigint', { name: 'head_number', transformer: baseUnits }) headNumber!: bigint;
  @Column('bigint', { name: 'finalised_number', transformer: baseUnits }) finalisedNumber!: bigint;
  @Column('timestamptz', { name: 'checked_at' }) checkedAt!: Date;
  @Column('integer') version!: number;
}
