import { Type } from 'class-transformer';
import { ArrayNotEmpty, IsIn, IsString, IsUUID, ValidateNested } from 'class-validator';
import { sealedLogs, walletRoles, type SealedLog, type WalletRole } from './custody.js';
import { event } from './message.js';
import { IsHex, IsIndex } from './rules.js';

export class KeyringV1 {
  @IsString() chain!: string;
  @IsIn(walletRoles) role!: WalletRole;
  /** Account path, e.g. m/44'/60'/0'; addresses are its children /0/i. */
  @IsString() path!: string;
  /** Extended public key of that path: custody derives addresses with it and never holds a private key. */
  @IsString() xpub!: string;
}
export class KeyringPublishedV1 {
  @ArrayNotEmpty() @ValidateNested({ each: true }) @Type(() => KeyringV1) keyrings!: KeyringV1[];
}
export const KeyringPublished = event('signer', ['custody'], 'keyring.published@1', KeyringPublishedV1);

export class SignatureMadeV1 {
  @IsUUID() signatureId!: string;
  @IsUUID() transactionId!: string;
  @IsHex() signed!: string;
  @IsHex(32) transactionHash!: string;
}
export const SignatureMade = event('signer', ['custody'], 'signature.made@1', SignatureMadeV1);

export class SignatureRefusedV1 {
  @IsUUID() signatureId!: string;
  @IsUUID() transactionId!: string;
  @IsString() code!: string;
  @IsString() detail!: string;
}
export const SignatureRefused = event('signer', ['custody'], 'signature.refused@1', SignatureRefusedV1);

export class DepositDataSignedV1 {
  @IsUUID() requestId!: string;
  @IsHex(48) pubkey!: string;
  @IsHex(32) withdrawalCredentials!: string;
  @IsIndex() amountGwei!: string;
  @IsHex(96) signature!: string;
  /** hash_tree_root(DepositData) */
  @IsHex(32) depositDataRoot!: string;
  /** EIP-2334 path of the signing key. */
  @IsString() keyPath!: string;
}
export const DepositDataSigned = event('signer', ['staking'], 'deposit_data.signed@1', DepositDataSignedV1);

export class DepositDataRefusedV1 {
  @IsUUID() requestId!: string;
  @IsString() code!: string;
  @IsString() detail!: string;
}
export const DepositDataRefused = event('signer', ['staking'], 'deposit_data.refused@1', DepositDataRefusedV1);

export class SealSignedV1 {
  @IsIn(sealedLogs) log!: SealedLog;
  @IsIndex() seq!: string;
  @IsHex(32) hash!: string;
  /** Ed25519 over the bytes that libs/ledger/seal says. */
  @IsHex(64) signature!: string;
  @IsHex(32) publicKey!: string;
}
export const SealSigned = event('signer', ['custody'], 'seal.signed@1', SealSignedV1);

export class SealRefusedV1 {
  @IsIn(sealedLogs) log!: SealedLog;
  @IsIndex() seq!: string;
  @IsHex(32) hash!: string;
  @IsString() code!: string;
  @IsString() detail!: string;
}
/** The chain of seals does not continue what was signed before: somebody rewrote the past. People are alarmed. */
export const SealRefused = event('signer', ['custody'], 'seal.refused@1', SealRefusedV1);
