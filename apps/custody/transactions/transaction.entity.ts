import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, AssetCode } from '#kernel';
import type { DepositDataV1, Purpose } from '#messages';
import type { TransactionState } from './transaction.js';

@Entity({ schema: 'custody', name: 'transaction' })
export class TransactionEntity {
  @PrimaryColumn('uuid') id!: string;
  /** Given by whoever asked for it: staking's request, a withdrawal's operation, or a policy of our own. */
  @Column('uuid', { name: 'request_id' }) requestId!: string;
  @Column('text') chain!: string;
  @Column('text') asset!: AssetCode;
  @Column('text') purpose!: Purpose;
  @Column('text') state!: TransactionState;
  /** Why it waits or was refused. */
  @Column('text', { nullable: true }) code!: string | null;
  @Column('text', { nullable: true }) detail!: string | null;
  @Column('uuid', { name: 'from_wallet_id' }) fromWalletId!: string;
  /** Set where the destination is ours. */
  @Column('uuid', { name: 'to_wallet_id', nullable: true }) toWalletId!: string | null;
  /** Set where the destination is a client's. */
  @Column('text', { name: 'to_address', nullable: true }) toAddress!: string | null;
  /** What was asked for; null where the value is decided when it is built (a sweep takes what there is). */
  @Column('numeric', { nullable: true, transformer: baseUnits }) amount!: Amount | null;
  @Column('uuid', { name: 'client_id', nullable: true }) clientId!: string | null;
  @Column('text', { name: 'pool_id', nullable: true }) poolId!: string | null;
  /** The validator it is about. */
  @Column('text', { nullable: true }) pubkey!: string | null;
  /** consolidation: the validator of ours that takes over. */
  @Column('text', { name: 'target_pubkey', nullable: true }) targetPubkey!: string | null;
  @Column('jsonb', { nullable: true }) deposit!: DepositDataV1 | null;
  // fixed when it is built
  @Column('text', { nullable: true }) target!: string | null;
  @Column('numeric', { nullable: true, transformer: baseUnits }) value!: Amount | null;
  @Column('text', { nullable: true }) data!: string | null;
  @Column('bigint', { nullable: true, transformer: baseUnits }) nonce!: bigint | null;
  @Column('numeric', { name: 'worst_cost', nullable: true, transformer: baseUnits }) worstCost!: Amount | null;
  /** What the gas float set aside for it. */
  @Column('numeric', { transformer: baseUnits }) reserved!: Amount;
  /** What the address lacks for a replacement with a higher fee. */
  @Column('numeric', { nullable: true, transformer: baseUnits }) lacks!: Amount | null;
  // of the youngest attempt that was signed; once final, of the one that the chain took
  @Column('text', { nullable: true }) unsigned!: string | null;
  @Column('uuid', { name: 'signature_id', nullable: true }) signatureId!: string | null;
  @Column('text', { nullable: true }) signed!: string | null;
  @Column('text', { nullable: true }) hash!: string | null;
  // known when it is final
  @Column('bigint', { name: 'block_number', nullable: true, transformer: baseUnits }) blockNumber!: bigint | null;
  @Column('numeric', { name: 'gas_cost', nullable: true, transformer: baseUnits }) gasCost!: Amount | null;
  /** How often the signed bytes were handed to the node. */
  @Column('integer') attempts!: number;
  /** Order of arrival: transactions of one address are built in this order. */
  @Column({ type: 'bigint', insert: false, update: false, transformer: baseUnits }) sequence!: bigint;
  @Column('integer') version!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}
