import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { PageQuery } from '#http';

export class AllocationsQuery extends PageQuery {
  @ApiPropertyOptional() @IsOptional() @IsString() @MaxLength(64) pool_id?: string;
  @ApiPropertyOptional() @IsOptional() @Matches(/^[a-z_]{1,32}$/) state?: string;
}
