import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { WalletRole } from '#messages';

/** The signer's extended public key of a role, and the next address of it that is free. */
@Entity({ schema: 'custody', name: 'keyring' })
export class KeyringEntity {
  @PrimaryColumn('text') chain!: string;
  @PrimaryColumn('text') role!: WalletRole;
  @Column('text') path!: string;
  @Column('text') xpub!: string;
  @Column('integer', { name: 'next_index' }) nextIndex!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}

/** An address of ours. It never changes and is never taken away. */
@Entity({ schema: 'custody', name: 'wallet' })
export class WalletEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') chain!: string;
  @Column('text') role!: WalletRole;
  @Column('integer', { name: 'address_index' }) addressIndex!: number;
  @Column('text') path!: string;
  /** Lower-case. */
  @Column('text') address!: string;
  @Column('uuid', { name: 'client_id', nullable: true }) clientId!: string | null;
  @Column('text', { name: 'pool_id', nullable: true }) poolId!: string | null;
  /** The vault of a pool for one client: nobody else is told of it. */
  @Column('boolean') dedicated!: boolean;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}

@Entity({ schema: 'custody', name: 'sender' })
export class SenderEntity {
  @PrimaryColumn('uuid', { name: 'wallet_id' }) walletId!: string;
  @Column('bigint', { name: 'next_nonce', transformer: baseUnits }) nextNonce!: bigint;
  /** Set while people look into why somebody else has used a nonce of it: nothing of it is built. */
  @Column('timestamptz', { name: 'stopped_at', nullable: true }) stoppedAt!: Date | null;
  @Column('text', { name: 'stop_code', nullable: true }) stopCode!: string | null;
  /** Counts stops and resumptions. */
  @Column('integer') version!: number;
}
