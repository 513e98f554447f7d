import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, AssetCode } from '#kernel';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

/** The standing instruction of a client for the rewards of one asset; whoever has none is paid out, whatever the amount. */
@Entity({ schema: 'rewards', name: 'preference' })
export class Preference {
  @PrimaryColumn('uuid', { name: 'client_id' }) clientId!: string;
  @PrimaryColumn('text') asset!: AssetCode;
  @Column('text') mode!: 'payout' | 'restake';
  /** What is restaked becomes an order for this product. */
  @Column('text', { name: 'product_id', nullable: true }) productId!: string | null;
  @Column('numeric', { ...units, name: 'min_amount' }) minimum!: Amount;
  @Column('timestamptz', { name: 'changed_at' }) changedAt!: Date;
  @Column('int') version!: number;
}
