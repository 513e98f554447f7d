import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { ValidatorKeyState } from './validator-key.js';

/** A validator key that was given out, with the first deposit message it signed. The key itself is derived from the seed when needed. */
@Entity({ schema: 'signer', name: 'validator_key' })
export class ValidatorKeyEntity {
  @PrimaryColumn('text') pubkey!: string;
  @Column('text') chain!: string;
  /** Number in the EIP-2334 path; unique, never given out twice. */
  @Column('integer', { name: 'key_index' }) keyIndex!: number;
  @Column('text', { name: 'key_path' }) keyPath!: string;
  @Column('uuid', { name: 'request_id' }) requestId!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('text', { name: 'withdrawal_credentials' }) withdrawalCredentials!: string;
  @Column('numeric', { name: 'amount_gwei', transformer: baseUnits }) amountGwei!: bigint;
  @Column('text') signature!: string;
  @Column('text', { name: 'deposit_data_root' }) depositDataRoot!: string;
  /** When a switch to compounding credentials (type 0x02) was signed. */
  @Column('timestamptz', { name: 'compounding_at', nullable: true }) compoundingAt!: Date | null;
  @Column('text') state!: ValidatorKeyState;
  @Column('integer') version!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}
