import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '#http';
import { rateWindowNames, type RateWindow } from '#kernel';

export class RatesQuery {
  @ApiPropertyOptional({ enum: rateWindowNames }) @IsOptional() @IsIn(rateWindowNames) window?: RateWindow;
}

export const granularities = ['report', 'day'] as const;
export type Granularity = (typeof granularities)[number];

export class RateHistoryQuery extends PageQuery {
  @ApiPropertyOptional({ enum: granularities, default: 'report', description: 'day: the reports of a UTC day together' })
  @IsOptional()
  @IsIn(granularities)
  granularity: Granularity = 'report';
}
