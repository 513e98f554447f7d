import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount, Shares } from '#kernel';
import type { PartState, StakeState } from './stake.js';
import type { UnstakeState } from './unstake.js';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

@Entity({ schema: 'staking', name: 'orders' })
export class Order {
  /** Of the operation that the client asked for. */
  @PrimaryColumn('uuid') id!: string;
  /** Place in the queues: first in, first out. */
  @Column({ type: 'bigint', ...units, insert: false, update: false }) place!: bigint;
  @Column('uuid', { name: 'client_id' }) clientId!: string;
  @Column('text') type!: 'stake' | 'unstake';
  @Column('text', { name: 'product_id' }) productId!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('text') state!: StakeState | UnstakeState;
  @Column('timestamptz', { name: 'state_since' }) stateSince!: Date;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  /** Assets. For an unstake: what its shares were worth by the last report. */
  @Column('numeric', { ...units }) requested!: Amount;
  @Column('numeric', { ...units }) accepted!: Amount;
  /** A stake: principal that became shares. An unstake: what was paid. */
  @Column('numeric', { ...units }) settled!: Amount;
  /** Stake: money in no batch. */
  @Column('numeric', { ...units }) unallocated!: Amount;
  /** Stake: given back. */
  @Column('numeric', { ...units }) cancelled!: Amount;
  /** A stake: minted so far. An unstake: locked. */
  @Column('numeric', { ...units }) shares!: Shares;
  /** Unstake: fixed by the first report after acceptance. */
  @Column('numeric', { ...units, nullable: true }) nominal!: Amount | null;
  /** Unstake: the validator whose exit pays it. */
  @Column('text', { name: 'exit_pubkey', nullable: true }) exitPubkey!: string | null;
  /** Unstake: paid at once from the instant buffer. */
  @Column('boolean') instant!: boolean;
  @Column('uuid', { name: 'quote_id', nullable: true }) quoteId!: string | null;
  @Column('text', { name: 'client_ref', nullable: true }) clientRef!: string | null;
  @Column('int', { name: 'disclosure_version', nullable: true }) disclosureVersion!: number | null;
  @Column('text', { name: 'disclosure_hash', nullable: true }) disclosureHash!: string | null;
  @Column('text', { name: 'reason_code', nullable: true }) reasonCode!: string | null;
  @Column('text', { name: 'reason_detail', nullable: true }) reasonDetail!: string | null;
  @Column('int') version!: number;
}

@Entity({ schema: 'staking', name: 'order_part' })
export class OrderPart {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'order_id' }) orderId!: string;
  @Column('uuid', { name: 'batch_id' }) batchId!: string;
  @Column('numeric', { ...units }) amount!: Amount;
  @Column('text') state!: PartState;
  @Column('numeric', { ...units }) shares!: Shares;
  @Column('int') version!: number;
}
