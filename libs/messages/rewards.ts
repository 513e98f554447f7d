import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsISO8601, IsOptional, IsString, IsUUID, Min, ValidateNested } from 'class-validator';
import { command, event } from './message.js';
import { IsBaseUnits, IsHex, IsIndex, IsSignedBaseUnits } from './rules.js';

export class ValidatorObservationV1 {
  @IsHex(48) pubkey!: string;
  /** Balance at the end of the period before, at the end of this one, and what the protocol paid out in between. Wei. */
  @IsBaseUnits() opening!: string;
  @IsBaseUnits() closing!: string;
  @IsBaseUnits() withdrawn!: string;
  /** Top-ups applied, and what consolidation moved in and out, in the period; absent is none. Wei. */
  @IsOptional() @IsBaseUnits() deposited?: string;
  @IsOptional() @IsBaseUnits() consolidatedIn?: string;
  @IsOptional() @IsBaseUnits() consolidatedOut?: string;
  /** closing + withdrawn + consolidatedOut − opening − deposited − consolidatedIn; a penalty is negative. */
  @IsSignedBaseUnits() reward!: string;
  /** Exited, withdrawable and emptied within this period: nothing of it is left on the beacon chain. */
  @IsBoolean() emptied!: boolean;
}

export class ExecutionRewardsV1 {
  @IsBaseUnits() priorityFees!: string;
  @IsBaseUnits() mev!: string;
}

export class ReportApplyV1 {
  @IsUUID() reportId!: string;
  @IsString() poolId!: string;
  /** Consecutive from 1. */
  @IsInt() @Min(1) number!: number;
  @IsIndex() fromSlot!: string;
  @IsIndex() toSlot!: string;
  @IsIndex() toEpoch!: string;
  /** Execution block of the closing checkpoint: all withdrawals up to it are in this report or an earlier one. */
  @IsIndex() toBlock!: string;
  @IsHex(32) toBlockRoot!: string;
  /**
   * When that block was, by the chain's clock: the report serves those who asked up to then, and charges what was in force then. Absent: those
   * who asked before it is applied, and what is in force at that moment.
   */
  @IsOptional() @IsISO8601({ strict: true }) closedAt?: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => ValidatorObservationV1) validators!: ValidatorObservationV1[];
  /** What custody booked to the pool's execution rewards in blocks up to `toBlock` and no report has counted; absent is none. Wei. */
  @IsOptional() @ValidateNested() @Type(() => ExecutionRewardsV1) execution?: ExecutionRewardsV1;
}
export const ReportApply = command('rewards', 'staking', 'report.apply@1', ReportApplyV1);

export class SettlementRequestV1 {
  @IsUUID() runId!: string;
  @IsString() poolId!: string;
}
/** Moves every holder's accrued share of rewards_payable to the holder's own rewards account. */
export const SettlementRequest = command('rewards', 'staking', 'settlement.request@1', SettlementRequestV1);

export class PayoutRunPostedV1 {
  @IsUUID() runId!: string;
  @IsString() poolId!: string;
  @IsBaseUnits() total!: string;
  @IsInt() @Min(0) lines!: number;
}
export const PayoutRunPosted = event('rewards', ['reception'], 'payout_run.posted@1', PayoutRunPostedV1);

export class ReportStandingV1 {
  @IsString() poolId!: string;
  /** The report that is concerned: the one held, or the one that should have come. */
  @IsInt() @Min(1) number!: number;
  /** held, late: nobody mints, redeems, nets or leaves at once until it is `current` again. */
  @IsIn(['current', 'late', 'held']) standing!: 'current' | 'late' | 'held';
}
/** Whether the rate of a pool may be traded on: sent whenever that changes. */
export const ReportStanding = event('rewards', ['staking'], 'report.standing@1', ReportStandingV1);

export class RestakeRequestV1 {
  /** The payout line (uuid) that paid what shall be staked: asking twice with one id is one order. */
  @IsUUID() lineId!: string;
  @IsUUID() clientId!: string;
  @IsString() productId!: string;
  @IsString() asset!: string;
  @IsBaseUnits() amount!: string;
}
/** A standing instruction of the client: places an ordinary order, which may be refused like any other; then the money stays available. */
export const RestakeRequest = command('rewards', 'staking', 'restake.request@1', RestakeRequestV1);
