import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '#http';
import { holdScopeNames, type HoldScopeName } from '../standing/standing.js';
import { Text } from '../texts.js';
import { type HoldState, holdStates } from './hold.js';

export class PlaceHoldDto {
  /** cli_… */
  @IsString() @MaxLength(64) client_id!: string;
  @IsArray() @ArrayMinSize(1) @ArrayMaxSize(5) @ArrayUnique() @IsIn(holdScopeNames, { each: true }) scopes!: HoldScopeName[];
  @Text(3, 1000) reason!: string;
  /** The rule or order it rests on. Not for prose: it is shown in the ledger. */
  @Text(2, 120) legal_basis!: string;
}

export class ReleaseHoldDto {
  @IsOptional() @Text(1, 2000) comment?: string;
}

export class HoldsQuery extends PageQuery {
  @IsOptional() @IsString() @MaxLength(64) client_id?: string;
  @IsOptional() @IsIn(holdStates) state?: HoldState;
}
