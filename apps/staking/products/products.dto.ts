import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { rateWindowNames, type RateWindow } from '#kernel';

export class ProductsQuery {
  @ApiPropertyOptional({ example: 'ETH' }) @IsOptional() @IsString() @MaxLength(32) asset?: string;
  @ApiPropertyOptional({ example: 'ethereum' }) @IsOptional() @IsString() @MaxLength(32) chain?: string;
  @ApiPropertyOptional({ example: 'pos_staking' }) @IsOptional() @IsString() @MaxLength(32) kind?: string;
}
export class RatesQuery {
  @ApiPropertyOptional({ enum: rateWindowNames }) @IsOptional() @IsIn(rateWindowNames) window?: RateWindow;
}
