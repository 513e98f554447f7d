import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { PageQuery } from '#http';

export class AcceptedDisclosure {
  @ApiProperty({ example: 'eth-payout' })
  @Matches(/^[a-z0-9-]{1,64}$/)
  product_id!: string;

  @ApiProperty({ minimum: 1 })
  @IsInt()
  @Min(1)
  version!: number;

  @ApiProperty({ description: "SHA-256 of the document's text, hex" })
  @Matches(/^(0x)?[0-9a-f]{64}$/)
  hash!: string;
}

class OrderBody {
  @ApiPropertyOptional({ description: 'binds fees and terms, never a rate' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  quote_id?: string;

  @ApiPropertyOptional({ description: 'your own reference' })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  client_ref?: string;
}

export class StakeBody extends OrderBody {
  @ApiPropertyOptional({ example: 'ETH', description: 'an asset, or a product' })
  @IsOptional()
  @IsString()
  @MaxLength(32)
  asset?: string;

  @ApiPropertyOptional({ example: 'eth-payout' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  product_id?: string;

  @ApiProperty({ example: '5', description: 'a decimal in asset units, or "max"' })
  @IsString()
  @MaxLength(80)
  amount!: string;

  @ApiPropertyOptional({ type: [AcceptedDisclosure] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(10)
  @ValidateNested({ each: true })
  @Type(() => AcceptedDisclosure)
  accepted_disclosures?: AcceptedDisclosure[];
}

export class UnstakeBody extends OrderBody {
  @ApiProperty({ example: 'eth-payout' })
  @IsString()
  @MaxLength(64)
  product_id!: string;

  @ApiPropertyOptional({ example: '5', description: 'a decimal in asset units, or "max"' })
  @IsOptional()
  @IsString()
  @MaxLength(80)
  amount?: string;

  @ApiPropertyOptional({ description: 'a decimal in shares, or "max", instead of amount' })
  @IsOptional()
  @IsString()
  @MaxLength(80)
  shares?: string;

  @ApiPropertyOptional({
    description: 'true: paid at once from the instant buffer, at the last rate less a spread, where the product offers it',
  })
  @IsOptional()
  @IsBoolean()
  instant?: boolean;

  @ApiPropertyOptional({ example: '4.98', description: 'instant only: refused rather than paid less than this' })
  @IsOptional()
  @IsString()
  @MaxLength(80)
  least_amount?: string;
}

export class OperationsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ['stake', 'unstake'] })
  @IsOptional()
  @IsIn(['stake', 'unstake'])
  type?: 'stake' | 'unstake';

  @ApiPropertyOptional()
  @IsOptional()
  @Matches(/^[a-z_]{1,32}$/)
  state?: string;
}
