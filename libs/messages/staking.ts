import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsISO8601, IsOptional, IsString, IsUUID, Max, Min, ValidateNested } from 'class-validator';
import type { Purpose } from './custody.js';
import { command, event } from './message.js';
import { IsBaseUnits, IsHex, IsIndex, IsSignedBaseUnits } from './rules.js';

export class WalletOpenV1 {
  @IsString() chain!: string;
  @IsIn(['vault']) role!: 'vault';
  @IsString() poolId!: string;
  /** The pool is for one client, and nobody else is told of it. Absent: for all. */
  @IsOptional() @IsBoolean() dedicated?: boolean;
}
/** Opens (once) the vault of a pool: the address its validators withdraw to. */
export const WalletOpen = command('staking', 'custody', 'wallet.open@1', WalletOpenV1);

export class DepositDataV1 {
  @IsHex(48) pubkey!: string;
  @IsHex(32) withdrawalCredentials!: string;
  @IsHex(96) signature!: string;
  @IsHex(32) depositDataRoot!: string;
}
/** What staking asks custody to send. */
export const stakingPurposes = [
  'stake_deposit',
  'stake_top_up',
  'exit_request',
  'partial_withdrawal',
  'consolidation',
  'credentials_switch',
  'fee_sweep',
] as const satisfies readonly Purpose[];
export type StakingPurpose = (typeof stakingPurposes)[number];

export class TransactionRequestV1 {
  /** Given by the asking room, unique; asking twice with one id is one transaction. */
  @IsUUID() requestId!: string;
  @IsString() chain!: string;
  @IsIn(stakingPurposes) purpose!: StakingPurpose;
  @IsString() poolId!: string;
  @IsString() asset!: string;
  /** stake_deposit, stake_top_up: the stake; fee_sweep: the fees; partial_withdrawal: what shall come out; otherwise 0. Wei. */
  @IsBaseUnits() amount!: string;
  /** stake_deposit, stake_top_up */
  @IsOptional() @ValidateNested() @Type(() => DepositDataV1) deposit?: DepositDataV1;
  /** The validator that shall leave, pay out, switch its credentials or be merged into another. */
  @IsOptional() @IsHex(48) pubkey?: string;
  /** consolidation: the validator of ours that takes over the stake. */
  @IsOptional() @IsHex(48) targetPubkey?: string;
}
export const TransactionRequest = command('staking', 'custody', 'transaction.request@1', TransactionRequestV1);

export class DepositDataRequestV1 {
  @IsUUID() requestId!: string;
  @IsString() chain!: string;
  @IsString() poolId!: string;
  @IsHex(32) withdrawalCredentials!: string;
  @IsIndex() amountGwei!: string;
  @IsHex(4) genesisForkVersion!: string;
  /** A further deposit for this key of ours; without it, the next key that was never used. */
  @IsOptional() @IsHex(48) pubkey?: string;
}
/** Asks the signer for a validator key and its signed deposit message. */
export const DepositDataRequest = command('staking', 'signer', 'deposit_data.request@1', DepositDataRequestV1);

export class PoolOpenedV1 {
  @IsString() poolId!: string;
  @IsString() productId!: string;
  @IsString() chain!: string;
  @IsString() asset!: string;
  @IsString() shareAsset!: string;
  @IsInt() @Min(0) @Max(10_000) commissionBps!: number;
  /** Absent: payout. */
  @IsOptional() @IsIn(['payout', 'compound']) mode?: 'payout' | 'compound';
  /** The pool is for one client, and nobody else is told of it. Absent: for all. */
  @IsOptional() @IsBoolean() dedicated?: boolean;
  /** Whom a dedicated pool is for. */
  @IsOptional() @IsUUID() clientId?: string;
}
export const PoolOpened = event('staking', ['rewards'], 'pool.opened@1', PoolOpenedV1);

export class ValidatorActivatedV1 {
  @IsString() poolId!: string;
  @IsHex(48) pubkey!: string;
  @IsIndex() index!: string;
  /** Wei. What the ledger booked as the validator's opening balance. */
  @IsBaseUnits() principal!: string;
  @IsIndex() activationEpoch!: string;
  /** Its first report opens with `principal` at the first slot of `activationEpoch`. */
  @IsIndex() observedSlot!: string;
}
export const ValidatorActivated = event('staking', ['rewards'], 'validator.activated@1', ValidatorActivatedV1);

export class ReportAppliedV1 {
  @IsUUID() reportId!: string;
  @IsString() poolId!: string;
  @IsInt() @Min(1) number!: number;
  /** Assets and shares after the report, base units. */
  @IsBaseUnits() poolAssets!: string;
  @IsBaseUnits() poolShares!: string;
  /** Reward a share, scaled by 10^27. */
  @IsBaseUnits() rewardIndex!: string;
  @IsSignedBaseUnits() reward!: string;
  @IsBaseUnits() commission!: string;
  /** Of the losses: what bonds, cover fund and first loss bore, so that the pool did not; absent is none. */
  @IsOptional() @IsBaseUnits() covered?: string;
}
export const ReportApplied = event('staking', ['rewards', 'reception'], 'report.applied@1', ReportAppliedV1);

export class ReportRefusedV1 {
  @IsUUID() reportId!: string;
  @IsString() poolId!: string;
  @IsInt() @Min(1) number!: number;
  @IsString() code!: string;
  @IsString() detail!: string;
}
export const ReportRefused = event('staking', ['rewards'], 'report.refused@1', ReportRefusedV1);

export class FeeScheduleChangedV1 {
  @IsString() poolId!: string;
  @IsString() tier!: string;
  @IsInt() @Min(1) version!: number;
  @IsInt() @Min(0) @Max(10_000) commissionBps!: number;
  /** ISO-8601. Reports that close at or after it take this rate. */
  @IsISO8601({ strict: true }) effectiveAt!: string;
}
export const FeeScheduleChanged = event('staking', ['rewards'], 'fee_schedule.changed@1', FeeScheduleChangedV1);

export class SettlementDoneV1 {
  @IsUUID() runId!: string;
  @IsString() poolId!: string;
  @IsInt() @Min(0) holders!: number;
}
export const SettlementDone = event('staking', ['rewards'], 'settlement.done@1', SettlementDoneV1);

export class OperationStateChangedV1 {
  @IsUUID() operationId!: string;
  @IsUUID() clientId!: string;
  @IsIn(['stake', 'unstake']) type!: 'stake' | 'unstake';
  @IsString() state!: string;
  @IsString() productId!: string;
  @IsString() asset!: string;
  @IsBaseUnits() amount!: string;
}
export const OperationStateChanged = event('staking', ['reception'], 'operation.state_changed@1', OperationStateChangedV1);

export class DisclosureAcceptedV1 {
  @IsUUID() clientId!: string;
  @IsUUID() operationId!: string;
  @IsString() productId!: string;
  @IsInt() @Min(1) version!: number;
  @IsHex(32) hash!: string;
}
/** An order carried `accepted_disclosures`; compliance keeps the register. */
export const DisclosureAccepted = event('staking', ['compliance'], 'disclosure.accepted@1', DisclosureAcceptedV1);
