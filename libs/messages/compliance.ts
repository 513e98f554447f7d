import { IsBoolean, IsIn, IsInt, IsOptional, IsString, IsUUID, Matches, Min } from 'class-validator';
import { command, event } from './message.js';
import { IsHex } from './rules.js';

/** What a client may do. Grants travel as this event and default to deny; a revocation is a ledger hold as well, so that it binds at once. */
export class StandingChangedV1 {
  @IsUUID() clientId!: string;
  /** Rises by one with each change; a projection ignores what is not newer than what it holds. */
  @IsInt() @Min(1) version!: number;
  @IsIn(['applicant', 'approved', 'restricted', 'closed']) state!: 'applicant' | 'approved' | 'restricted' | 'closed';
  @IsBoolean() mayDeposit!: boolean;
  @IsBoolean() mayStake!: boolean;
  @IsBoolean() mayUnstake!: boolean;
  @IsBoolean() mayWithdraw!: boolean;
  @IsIn(['retail', 'professional', 'corporate', 'institutional']) clientClass!: 'retail' | 'professional' | 'corporate' | 'institutional';
}
export const StandingChanged = event('compliance', ['reception', 'custody', 'staking', 'rewards'], 'standing.changed@1', StandingChangedV1);

export class DisclosurePublishedV1 {
  @IsString() @Matches(/^[a-z0-9-]{1,64}$/) productId!: string;
  @IsInt() @Min(1) version!: number;
  /** SHA-256 of the document's text. */
  @IsHex(32) hash!: string;
}
/** A new version of a product's disclosure is in force; what was acknowledged before no longer counts. */
export const DisclosurePublished = event('compliance', ['staking'], 'disclosure.published@1', DisclosurePublishedV1);

export class DisclosureAcknowledgedV1 {
  @IsUUID() clientId!: string;
  @IsString() @Matches(/^[a-z0-9-]{1,64}$/) productId!: string;
  @IsInt() @Min(1) version!: number;
  @IsHex(32) hash!: string;
}
export const DisclosureAcknowledged = event('compliance', ['staking'], 'disclosure.acknowledged@1', DisclosureAcknowledgedV1);

export class DepositReleaseV1 {
  @IsUUID() depositId!: string;
  @IsIn(['rule', 'officer']) basis!: 'rule' | 'officer';
  /** Which rule, or which decision, so that the audit trail of the deposit is whole. */
  @IsString() reference!: string;
  @IsOptional() @IsUUID() staffId?: string;
}
/** A deposit may leave suspense. */
export const DepositRelease = command('compliance', 'custody', 'deposit.release@1', DepositReleaseV1);
