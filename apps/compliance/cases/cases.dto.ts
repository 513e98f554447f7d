import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { PageQuery } from '#http';
import { applicationStates, type ApplicationState } from '../onboarding/application.js';
import { Text } from '../texts.js';
import { type AccessPurpose, caseOutcomes, type CaseOutcome, purposes } from './case.js';

export class CasesQuery extends PageQuery {
  @IsOptional() @IsIn(applicationStates) state?: ApplicationState;
  /** stf_…, or me */
  @IsOptional() @IsString() @MaxLength(64) assignee?: string;
  @IsOptional() @IsString() @MaxLength(64) client_id?: string;
}

export class CaseQuery {
  @IsOptional() @IsIn(purposes) purpose?: AccessPurpose;
}

export class NoteDto {
  @Text(1, 4000) text!: string;
}

export class RequestForInformationDto {
  /** Shown to the client as it stands. */
  @Text(3, 4000) message!: string;
}

export class ProposeDto {
  @IsIn(caseOutcomes) outcome!: CaseOutcome;
  /** Codes of the house's own, e.g. documents_in_order. */
  @IsArray() @ArrayMinSize(1) @ArrayMaxSize(20) @ArrayUnique() @Matches(/^[a-z][a-z0-9_.-]{0,63}$/, { each: true }) reason_codes!: string[];
  @IsOptional() @Text(1, 4000) comment?: string;
}
