import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';

export class ProductsQuery {
  @ApiPropertyOptional({ example: 'ETH' }) @IsOptional() @IsString() @MaxLength(32) asset?: string;
  @ApiPropertyOptional({ example: 'ethereum' }) @IsOptional() @IsString() @MaxLength(32) chain?: string;
  @ApiPropertyOptional({ example: 'pos_staking' }) @IsOptional() @IsString() @MaxLength(32) kind?: string;
}
