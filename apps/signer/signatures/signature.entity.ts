import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Purpose } from '#messages';

/** The answer to one request: made or refused, for ever. Rows are only added. */
@Entity({ schema: 'signer', name: 'signature' })
export class SignatureEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'transaction_id' }) transactionId!: string;
  @Column('text') chain!: string;
  /** SHA-256 of the whole request: another request under one id is refused. */
  @Column('text', { name: 'request_hash' }) requestHash!: string;
  @Column('text') purpose!: Purpose;
  @Column('text') sender!: string;
  @Column('text') recipient!: string;
  @Column('numeric', { transformer: baseUnits }) value!: bigint;
  @Column('numeric', { transformer: baseUnits }) nonce!: bigint;
  /** The signature before it under the same nonce, for the same payment at a lower fee. */
  @Column('uuid', { nullable: true }) replaces!: string | null;
  @Column('text') state!: 'made' | 'refused';
  @Column('text', { nullable: true }) signed!: string | null;
  @Column('text', { name: 'transaction_hash', nullable: true }) transactionHash!: string | null;
  @Column('text', { nullable: true }) code!: string | null;
  @Column('text', { nullable: true }) detail!: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
