import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';
import { PageQuery } from '#http';

export class LossesQuery extends PageQuery {
  @ApiPropertyOptional({ example: 'eth-payout-1' }) @IsOptional() @Matches(/^[a-z0-9-]{1,64}$/) pool_id?: string;
}
