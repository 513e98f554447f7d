import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { PageQuery } from '#http';

export class AuditQuery extends PageQuery {
  /** Id of what was acted on, e.g. app_…, dep_…, cli_… */
  @IsOptional() @IsString() @MaxLength(200) resource?: string;
  /** stf_…, cli_…, or the name of a part of the system */
  @IsOptional() @IsString() @MaxLength(200) actor?: string;
  @IsOptional() @Matches(/^[a-z_]+(\.[a-z_]+)+$/) action?: string;
}
