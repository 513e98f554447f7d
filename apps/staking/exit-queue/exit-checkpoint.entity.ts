import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

/** What is published of the order of a queue: see checkpoint.ts for what each hash covers. */
@Entity({ schema: 'staking', name: 'exit_checkpoint' })
export class ExitCheckpoint {
  @PrimaryColumn('text', { name: 'pool_id' }) poolId!: string;
  @PrimaryColumn('int') number!: number;
  @Column('int') report!: number;
  @Column('timestamptz', { name: 'published_at' }) publishedAt!: Date;
  /** Its requests are those after this place, up to and with the next. */
  @Column('bigint', { ...units, name: 'from_place' }) fromPlace!: bigint;
  @Column('bigint', { ...units, name: 'to_place' }) toPlace!: bigint;
  @Column('bigint', { ...units, name: 'fixed_place' }) fixedPlace!: bigint;
  @Column('numeric', { ...units, name: 'fixed_shares' }) fixedShares!: bigint;
  @Column('numeric', { ...units, name: 'fixed_nominal' }) fixedNominal!: bigint;
  @Column('bigint', { ...units, name: 'head_place' }) headPlace!: bigint;
  @Column('numeric', { ...units, name: 'head_shares' }) headShares!: bigint;
  @Column('numeric', { ...units, name: 'head_nominal' }) headNominal!: bigint;
  @Column('bytea') root!: Buffer;
  @Column('bytea') previous!: Buffer;
  @Column('bytea') hash!: Buffer;
}

/** Root of a whole block of leaves of a checkpoint, so that a proof hashes one block and not a million requests. */
@Entity({ schema: 'staking', name: 'exit_block' })
export class ExitBlock {
  @PrimaryColumn('text', { name: 'pool_id' }) poolId!: string;
  @PrimaryColumn('int') number!: number;
  @PrimaryColumn('int') block!: number;
  @Column('bytea') root!: Buffer;
}
