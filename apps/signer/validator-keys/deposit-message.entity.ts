import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';

/** One deposit message that a key of ours has signed. Two of one amount have one root; each is funded by one transaction. */
@Entity({ schema: 'signer', name: 'deposit_message' })
export class DepositMessageEntity {
  @PrimaryColumn('uuid', { name: 'request_id' }) requestId!: string;
  @Column('text') pubkey!: string;
  @Column('text', { name: 'withdrawal_credentials' }) withdrawalCredentials!: string;
  @Column('numeric', { name: 'amount_gwei', transformer: baseUnits }) amountGwei!: bigint;
  @Column('text') signature!: string;
  @Column('text', { name: 'deposit_data_root' }) depositDataRoot!: string;
  /** Of the transaction that funds it; null: none was signed yet. */
  @Column('uuid', { name: 'signature_id', nullable: true }) signatureId!: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
