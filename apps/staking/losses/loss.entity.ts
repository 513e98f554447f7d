import { Column, Entity, PrimaryColumn } from 'typeorm';
import { baseUnits } from '#database';
import type { Amount } from '#kernel';
import type { CoverSource } from './waterfall.js';

/** Spread, never passed: the decorator writes into what it is given. */
const units = { transformer: baseUnits };

/** A report in which a slashed validator lost, or the pool as a whole did, with what later reports took of the same validators. */
@Entity({ schema: 'staking', name: 'loss' })
export class Loss {
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { name: 'pool_id' }) poolId!: string;
  @Column('uuid', { name: 'report_id' }) reportId!: string;
  @Column('int', { name: 'report_number' }) reportNumber!: number;
  /** The last that added to it. */
  @Column('int', { name: 'last_report' }) lastReport!: number;
  /** What bonds, fund and first loss bore. */
  @Column('numeric', { ...units }) covered!: Amount;
  /** What the pool bore. */
  @Column('numeric', { ...units }) borne!: Amount;
  /** Of `borne`: what later reports added. */
  @Column('numeric', { ...units }) added!: Amount;
  /** Of `borne`: what clients bore; the rest fell on shares that the instant buffer had paid for. */
  @Column('numeric', { ...units, name: 'of_clients' }) ofClients!: Amount;
  @Column('int') clients!: number;
  /** The sum of their weights. */
  @Column('numeric', { ...units }) weight!: bigint;
  /** Given back, or about to be, by distributions. */
  @Column('numeric', { ...units }) reimbursed!: Amount;
  @Column('timestamptz') at!: Date;
  @Column('int') version!: number;
}

/** A slashed validator's part in it. */
@Entity({ schema: 'staking', name: 'loss_part' })
export class LossPart {
  @PrimaryColumn('uuid', { name: 'loss_id' }) lossId!: string;
  @PrimaryColumn('text') pubkey!: string;
  @Column('uuid', { name: 'incident_id', nullable: true }) incidentId!: string | null;
  @Column('numeric', { ...units }) covered!: Amount;
  @Column('numeric', { ...units }) borne!: Amount;
}

@Entity({ schema: 'staking', name: 'cover_step' })
export class CoverStepRow {
  @PrimaryColumn('uuid', { name: 'loss_id' }) lossId!: string;
  @PrimaryColumn('int') step!: number;
  @Column('text') pubkey!: string;
  @Column('text') source!: CoverSource;
  @Column('text', { name: 'operator_id', nullable: true }) operatorId!: string | null;
  @Column('numeric', { ...units }) amount!: Amount;
  @Column('timestamptz') at!: Date;
}

/** How heavily a loss fell on a client, among all it fell on. */
@Entity({ schema: 'staking', name: 'loss_holder' })
export class LossHolder {
  @PrimaryColumn('uuid', { name: 'loss_id' }) lossId!: string;
  @PrimaryColumn('uuid', { name: 'client_id' }) clientId!: string;
  @Column('numeric', { ...units }) weight!: bigint;
}
