import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { WalletRole } from '#messages';

/** An extended public key as it was published. Never changes: the addresses below it hold money. */
@Entity({ schema: 'signer', name: 'keyring' })
export class KeyringEntity {
  @PrimaryColumn('text') chain!: string;
  @PrimaryColumn('text') role!: WalletRole;
  @Column('text') path!: string;
  @Column('text') xpub!: string;
  @Column('timestamptz', { name: 'published_at' }) publishedAt!: Date;
}
