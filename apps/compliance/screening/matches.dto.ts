import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '#http';
import { Text } from '../texts.js';
import { matchOutcomes, type MatchOutcome, matchStates, type MatchState } from './match.js';

export class ResolveMatchDto {
  @IsIn(matchOutcomes) outcome!: MatchOutcome;
  @Text(3, 2000) comment!: string;
}

export class MatchesQuery extends PageQuery {
  @IsOptional() @IsIn(matchStates) state?: MatchState;
  @IsOptional() @IsString() @MaxLength(64) client_id?: string;
}
