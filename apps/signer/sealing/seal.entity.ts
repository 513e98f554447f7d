import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { SealedLog } from '#messages';

/** A position that was signed, for ever. Hashes, signature and key are hex without 0x. */
@Entity({ schema: 'signer', name: 'seal' })
export class SealEntity {
  @PrimaryColumn('text') log!: SealedLog;
  @PrimaryColumn('bigint') seq!: string;
  @Column('text') previous!: string;
  @Column('text') hash!: string;
  @Column('text') signature!: string;
  @Column('text', { name: 'public_key' }) publicKey!: string;
}

/** What was asked for and not signed. */
@Entity({ schema: 'signer', name: 'seal_refusal' })
export class SealRefusalEntity {
  @PrimaryColumn('text') log!: SealedLog;
  @PrimaryColumn('bigint') seq!: string;
  @PrimaryColumn('text') previous!: string;
  @PrimaryColumn('text') hash!: string;
  @Column('text') code!: string;
  @Column('timestamptz', { name: 'refused_at' }) refusedAt!: Date;
}
