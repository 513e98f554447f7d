import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsOptional, IsString, IsUUID, ValidateNested } from 'class-validator';
import { command, event } from './message.js';
import { IsBaseUnits, IsHex, IsIndex } from './rules.js';

export const walletRoles = ['deposit', 'omnibus', 'vault', 'treasury'] as const;
/** deposit: one a client and chain · omnibus: pooled client money · vault: withdrawal address of a pool · treasury: the house's own. */
export type WalletRole = (typeof walletRoles)[number];

export class DepositDetectedV1 {
  @IsUUID() depositId!: string;
  @IsUUID() clientId!: string;
  @IsString() chain!: string;
  @IsString() asset!: string;
  @IsBaseUnits() amount!: string;
  /** Where the money came from on chain, lower-case. */
  @IsString() sender!: string;
  /** Whether the sender is in the client's own address book. */
  @IsBoolean() senderKnown!: boolean;
  @IsHex(32) transactionHash!: string;
  @IsIndex() blockNumber!: string;
}
/** A deposit is final on chain and stands in suspense until compliance lets it go. */
export const DepositDetected = event('custody', ['compliance'], 'deposit.detected@1', DepositDetectedV1);

export class DepositCreditedV1 {
  @IsUUID() depositId!: string;
  @IsUUID() clientId!: string;
  @IsString() asset!: string;
  @IsBaseUnits() amount!: string;
  @IsHex(32) transactionHash!: string;
}
export const DepositCredited = event('custody', ['reception'], 'deposit.credited@1', DepositCreditedV1);

export class WalletOpenedV1 {
  @IsUUID() walletId!: string;
  @IsString() chain!: string;
  @IsIn(walletRoles) role!: WalletRole;
  @IsString() address!: string;
  @IsOptional() @IsString() poolId?: string;
}
export const WalletOpened = event('custody', ['staking'], 'wallet.opened@1', WalletOpenedV1);

export const purposes = [
  'sweep',
  'gas_feed',
  'gas_top_up',
  'fee_sweep',
  'withdrawal',
  'stake_deposit',
  'stake_top_up',
  'exit_request',
  'partial_withdrawal',
  'consolidation',
  'credentials_switch',
  'fund_return',
] as const;
/** Why a transaction exists. The signer holds a policy for each. */
export type Purpose = (typeof purposes)[number];

/** What a transaction must do, in plain words; the signer decodes the bytes by itself and compares them with this. */
export class IntentV1 {
  @IsIn(purposes) purpose!: Purpose;
  /** Key path of the sending address, e.g. m/44'/60'/0'/0/7. */
  @IsString() fromPath!: string;
  @IsHex(20) from!: string;
  @IsHex(20) to!: string;
  /** Set where the destination is ours: the signer derives it and compares. */
  @IsOptional() @IsString() toPath?: string;
  /** The value of the transaction, wei. */
  @IsBaseUnits() value!: string;
  @IsHex() data!: string;
  @IsIndex() nonce!: string;
  @IsIndex() chainId!: string;
  /** The most the transaction may cost in gas, wei. */
  @IsBaseUnits() gasLimitCost!: string;
  /** Set where it takes the place of one signed before under the same nonce: same destination, value and data, a higher fee. */
  @IsOptional() @IsUUID() replaces?: string;
}

export class SignatureRequestV1 {
  @IsUUID() signatureId!: string;
  @IsUUID() transactionId!: string;
  @IsString() chain!: string;
  /** The unsigned transaction, serialized as the chain does (EIP-1559 envelope without signature). */
  @IsHex() unsigned!: string;
  @ValidateNested() @Type(() => IntentV1) intent!: IntentV1;
}
export const SignatureRequest = command('custody', 'signer', 'signature.request@1', SignatureRequestV1);

class TransactionStepV1 {
  /** The id that the asking room gave in transaction.request. */
  @IsUUID() requestId!: string;
  @IsUUID() transactionId!: string;
  @IsIn(purposes) purpose!: Purpose;
  @IsHex(32) transactionHash!: string;
}
export class TransactionSignedV1 extends TransactionStepV1 {}
/** Signed bytes are stored: from here on the transaction may reach the chain at any time. */
export const TransactionSigned = event('custody', ['staking'], 'transaction.signed@1', TransactionSignedV1);

export class TransactionFinalisedV1 extends TransactionStepV1 {
  @IsIndex() blockNumber!: string;
  /** False: the chain executed and reverted it; the value did not move, the gas is spent. */
  @IsBoolean() succeeded!: boolean;
}
export const TransactionFinalised = event('custody', ['staking'], 'transaction.finalised@1', TransactionFinalisedV1);

export class TransactionRefusedV1 {
  @IsUUID() requestId!: string;
  @IsIn(purposes) purpose!: Purpose;
  @IsString() code!: string;
  @IsString() detail!: string;
}
/** It will never land (never signed, or its nonce is gone for ever and people have said so): what was set aside for it can be given back. */
export const TransactionRefused = event('custody', ['staking'], 'transaction.refused@1', TransactionRefusedV1);

export class WithdrawalStateChangedV1 {
  @IsUUID() operationId!: string;
  @IsUUID() clientId!: string;
  @IsString() state!: string;
  @IsString() asset!: string;
  @IsBaseUnits() amount!: string;
  @IsOptional() @IsHex(32) transactionHash?: string;
}
export const WithdrawalStateChanged = event('custody', ['reception'], 'withdrawal.state_changed@1', WithdrawalStateChangedV1);

export class ExecutionRewardReceivedV1 {
  @IsString() poolId!: string;
  @IsString() chain!: string;
  @IsString() asset!: string;
  /** priority_fees: credited by the block itself · mev: paid by the block's builder in a transaction. */
  @IsIn(['priority_fees', 'mev']) component!: 'priority_fees' | 'mev';
  @IsBaseUnits() amount!: string;
  @IsIndex() blockNumber!: string;
}
/** Final, booked to the pool's execution rewards; counts at the first report that reaches its block. */
export const ExecutionRewardReceived = event('custody', ['rewards'], 'execution_reward.received@1', ExecutionRewardReceivedV1);

export const sealedLogs = ['ledger', 'audit'] as const;
export type SealedLog = (typeof sealedLogs)[number];
export class SealRequestV1 {
  @IsIn(sealedLogs) log!: SealedLog;
  /** Position in the log's chain of seals, from 1 without gaps. */
  @IsIndex() seq!: string;
  @IsHex(32) previous!: string;
  @IsHex(32) hash!: string;
}
/** The signer signs each position once: another hash for it, or one that does not continue what it signed, is refused. */
export const SealRequest = command('custody', 'signer', 'seal.request@1', SealRequestV1);
