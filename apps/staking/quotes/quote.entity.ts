import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount } from '#kernel';

/** Fees and terms for a while. Never a rate: an order takes that of the first report after it. */
@Entity({ schema: 'staking', name: 'quote' })
export class Quote {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'client_id' }) clientId!: string;
  @Column('text', { name: 'product_id' }) productId!: string;
  @Column('text') side!: 'stake' | 'unstake';
  @Column('numeric', { transformer: baseUnits }) amount!: Amount;
  @Column('int', { name: 'commission_bps' }) commissionBps!: number;
  @Column('int', { name: 'disclosure_version', nullable: true }) disclosureVersion!: number | null;
  @Column('text', { name: 'disclosure_hash', nullable: true }) disclosureHash!: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
}
