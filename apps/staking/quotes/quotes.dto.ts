import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';

export class QuoteBody {
  @ApiProperty({ example: 'eth-payout' }) @IsString() @MaxLength(64) product_id!: string;
  @ApiProperty({ enum: ['stake', 'unstake'] }) @IsIn(['stake', 'unstake']) side!: 'stake' | 'unstake';
  @ApiProperty({ example: '5' }) @IsString() @MaxLength(80) amount!: string;
  @ApiPropertyOptional({ enum: ['queue'] }) @IsOptional() @IsIn(['queue']) mode?: 'queue';
}
