import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsCalendarDay, IsInstant, MayBeAbsent } from '#http';
import { capScopes, type CapScope } from './caps.js';
import {
  assessmentLines,
  mevPolicies,
  operatorStates,
  targetKinds,
  type MevPolicy,
  type OperatorState,
  type TargetKind,
} from './operator.js';

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const UNITS = /^(0|[1-9]\d{0,37})$/;
const ID = /^[a-z0-9][a-z0-9-]{0,63}$/;
const Bps = (): PropertyDecorator => (target, key) => {
  for (const check of [IsInt(), Min(0), Max(10_000)]) check(target, key);
};

/** An operator as it shall stand from the decision on. A new id enters a new one. */
export class OperatorTerms {
  @ApiProperty({ example: 'alpine-1' }) @Matches(ID) id!: string;
  @ApiProperty({ example: 'Alpine Nodes' }) @IsString() @Length(1, 200) name!: string;
  @ApiProperty({ example: 'CH', description: 'ISO 3166-1 alpha-2' }) @Matches(/^[A-Z]{2}$/) jurisdiction!: string;
  @ApiProperty({ example: 'teku', description: 'the consensus client that it runs' }) @Matches(/^[a-z0-9-]{1,64}$/) client_type!: string;
  @ApiProperty({ example: 'MSA-2026-14' }) @IsString() @Length(1, 200) contract_reference!: string;
  @ApiProperty({ example: '2026-01-01' }) @IsCalendarDay() contract_from!: string;
  @ApiPropertyOptional({ example: '2027-12-31', description: 'its last day; none: open-ended' })
  @MayBeAbsent()
  @IsCalendarDay()
  contract_until?: string;
  @ApiProperty({ example: 9_700, description: 'agreed effectiveness of its votes, basis points' }) @Bps() sla_effectiveness_bps!: number;
  @ApiProperty({ example: 9_800, description: 'agreed rate of proposals made, basis points' }) @Bps() sla_proposals_bps!: number;
  @ApiProperty({ example: 400 }) @Bps() fee_bps!: number;
  @ApiProperty({ example: '0', description: 'bond agreed, wei' }) @Matches(UNITS) self_bond_atomic!: string;
  @ApiProperty({ type: [String], description: "whom its blocks may pay beside the pool's vault" })
  @IsArray()
  @ArrayMaxSize(20)
  @Matches(ADDRESS, { each: true })
  fee_recipients!: string[];
  @ApiProperty({ enum: mevPolicies }) @IsIn(mevPolicies) mev_policy!: MevPolicy;
  @ApiProperty({ type: [String] }) @IsArray() @ArrayMaxSize(20) @IsString({ each: true }) @Length(1, 200, { each: true }) relays!: string[];
  @ApiProperty({ type: [String], description: 'addresses of the builders that these relays offer' })
  @IsArray()
  @ArrayMaxSize(200)
  @Matches(ADDRESS, { each: true })
  builders!: string[];
  @ApiProperty({ example: 100 }) @IsInt() @Min(1) @Max(10_000) weight!: number;
  @ApiProperty({ example: 3_300 }) @Bps() stake_limit_bps!: number;
  @ApiProperty({ example: 4_000, description: 'never below stake_limit_bps' }) @Bps() exit_threshold_bps!: number;
  @ApiPropertyOptional({ enum: targetKinds }) @MayBeAbsent() @IsIn(targetKinds) target_kind?: TargetKind;
  @ApiPropertyOptional({ description: 'wei; with target_kind' }) @MayBeAbsent() @Matches(UNITS) target_stake_atomic?: string;
  @ApiProperty({ enum: operatorStates }) @IsIn(operatorStates) state!: OperatorState;
}

const Line = (): PropertyDecorator => (target, key) => {
  for (const check of [IsInt(), Min(0), Max(100), ApiProperty({ minimum: 0, maximum: 100 })]) check(target, key);
};
export class ScoreCardTerms implements Record<(typeof assessmentLines)[number], number> {
  @Line() technology!: number;
  @Line() security!: number;
  @Line() finance!: number;
  @Line() record!: number;
  @Line() insurance!: number;
}
export class AssessmentTerms {
  @ApiProperty({ example: 'alpine-1' }) @Matches(ID) operator_id!: string;
  @ApiProperty({ type: ScoreCardTerms }) @IsDefined() @IsObject() @ValidateNested() @Type(() => ScoreCardTerms) scores!: ScoreCardTerms;
  @ApiProperty({ description: 'what was looked at, by whom, where it is filed' }) @IsString() @Length(3, 4_000) evidence!: string;
  @ApiProperty({ format: 'date-time', description: 'from then on it takes no new stake' }) @IsInstant() expires_at!: string;
}

export class CapTerms {
  @ApiProperty({ enum: capScopes }) @IsIn(capScopes) scope!: CapScope;
  @ApiProperty({
    example: '*',
    description: 'id of an operator, code of a jurisdiction, name of a client; *: each without a cap of its own',
  })
  @Matches(/^([A-Za-z0-9-]{1,64}|\*)$/)
  subject!: string;
  @ApiPropertyOptional({ description: 'of the pool' }) @MayBeAbsent() @Bps() basis_points?: number;
  @ApiPropertyOptional({ description: 'wei' }) @MayBeAbsent() @Matches(UNITS) amount_atomic?: string;
}
export class CapsTerms {
  @ApiPropertyOptional({ description: "a pool's own caps, in the place of those of all pools" })
  @MayBeAbsent()
  @Matches(/^[a-z0-9-]{1,64}$/)
  for_pool?: string;
  @ApiProperty({ type: [CapTerms] }) @IsArray() @ArrayMaxSize(200) @ValidateNested({ each: true }) @Type(() => CapTerms) caps!: CapTerms[];
}

export class RedelegationTerms {
  @ApiPropertyOptional({ minimum: 1, maximum: 1_000, description: 'validators that leave at most' })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(1_000)
  at_most?: number;
}

export class RedelegationQuery {
  @ApiProperty({ example: 'eth-payout-1' }) @Matches(/^[a-z0-9-]{1,64}$/) pool_id!: string;
}
