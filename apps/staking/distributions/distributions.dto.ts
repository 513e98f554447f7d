import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { PageQuery } from '#http';
import { distributionMachine, type DistributionState, type LineState } from './distribution.js';

const states = Object.keys(distributionMachine.transitions) as DistributionState[];
const lineStates = ['pending', 'held', 'paid'] as const satisfies readonly LineState[];

export class DistributionsQuery extends PageQuery {
  @ApiPropertyOptional({ example: 'eth-payout-1' }) @IsOptional() @Matches(/^[a-z0-9-]{1,64}$/) pool_id?: string;
  @ApiPropertyOptional({ enum: states }) @IsOptional() @IsIn(states) state?: DistributionState;
}
export class LinesQuery extends PageQuery {
  @ApiPropertyOptional({ enum: lineStates }) @IsOptional() @IsIn(lineStates) state?: LineState;
}
