import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, IsUUID, Max, Min, ValidateNested } from 'class-validator';
import { command, event } from './message.js';
import { IsBaseUnits, IsHex, IsIndex, IsSignedBaseUnits } from './rules.js';

export class WalletOpenV1 {
  @IsString() chain!: string;
  @IsIn(['vault']) role!: 'vault';
  @IsString() poolId!: string;
}
/** Opens (once) the vault of a pool: the address its validators withdraw to. */
export const WalletOpen = command('staking', 'custody', 'wallet.open@1', WalletOpenV1);

export class DepositDataV1 {
  @IsHex(48) pubkey!: string;
  @IsHex(32) withdrawalCredentials!: string;
  @IsHex(96) signature!: string;
  @IsHex(32) depositDataRoot!: string;
}
export class TransactionRequestV1 {
  /** Given by the asking room, unique; asking twice with one id is one transaction. */
  @IsUUID() requestId!: string;
  @IsString() chain!: string;
  @IsIn(['stake_deposit', 'exit_request', 'fee_sweep']) purpose!: 'stake_deposit' | 'exit_request' | 'fee_sweep';
  @IsString() poolId!: string;
  @IsString() asset!: string;
  /** stake_deposit: the stake; fee_sweep: the fees; exit_request: 0. Wei. */
  @IsBaseUnits() amount!: string;
  @IsOptional() @ValidateNested() @Type(() => DepositDataV1) deposit?: DepositDataV1;
  /** exit_request: the validator that shall leave. */
  @IsOptional() @IsHex(48) pubkey?: string;
}
export const TransactionRequest = command('staking', 'custody', 'transaction.request@1', TransactionRequestV1);

export class DepositDataRequestV1 {
  @IsUUID() requestId!: string;
  @IsString() chain!: string;
  @IsString() poolId!: string;
  @IsHex(32) withdrawalCredentials!: string;
  @IsIndex() amountGwei!: string;
  @IsHex(4) genesisForkVersion!: string;
}
/** Asks the signer for the next validator key and its signed deposit message. */
export const DepositDataRequest = command('staking', 'signer', 'deposit_data.request@1', DepositDataRequestV1);

export class PoolOpenedV1 {
  @IsString() poolId!: string;
  @IsString() productId!: string;
  @IsString() chain!: string;
  @IsString() asset!: string;
  @IsString() shareAsset!: string;
  @IsInt() @Min(0) @Max(10_000) commissionBps!: number;
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
