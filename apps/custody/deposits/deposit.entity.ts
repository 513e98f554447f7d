import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, AssetCode } from '#kernel';
import type { DepositState } from './deposit.js';

@Entity({ schema: 'custody', name: 'deposit' })
export class DepositEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') chain!: string;
  @Column('text') asset!: AssetCode;
  @Column('uuid', { name: 'wallet_id' }) walletId!: string;
  @Column('uuid', { name: 'client_id' }) clientId!: string;
  @Column('numeric', { transformer: baseUnits }) amount!: Amount;
  /** Lower-case. */
  @Column('text') sender!: string;
  @Column('text', { name: 'transaction_hash' }) transactionHash!: string;
  @Column('bigint', { name: 'block_number', transformer: baseUnits }) blockNumber!: bigint;
  @Column('text', { name: 'block_hash' }) blockHash!: string;
  @Column('timestamptz', { name: 'block_time' }) blockTime!: Date;
  @Column('text') state!: DepositState;
  @Column('text', { name: 'release_basis', nullable: true }) releaseBasis!: 'rule' | 'officer' | null;
  @Column('text', { name: 'release_reference', nullable: true }) releaseReference!: string | null;
  @Column('uuid', { name: 'release_staff', nullable: true }) releaseStaff!: string | null;
  /** How often the ledger was asked to release it: a refusal is stored under its key, so each try has its own. */
  @Column('integer', { name: 'release_attempts' }) releaseAttempts!: number;
  @Column('integer') version!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}
