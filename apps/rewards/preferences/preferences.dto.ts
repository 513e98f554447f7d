import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, Matches, MaxLength, Min } from 'class-validator';

const modes = ['payout', 'restake'] as const;

export class PreferenceBody {
  @ApiProperty({ example: 'ETH' })
  @Matches(/^[A-Z0-9-]{1,32}$/)
  asset!: string;

  @ApiProperty({ enum: modes, description: 'restake: what is paid to you is staked at once, by an ordinary order' })
  @IsIn(modes)
  mode!: (typeof modes)[number];

  @ApiPropertyOptional({ example: 'eth-compound', description: 'of restake: the product that is staked into' })
  @IsOptional()
  @Matches(/^[a-z0-9-]{1,64}$/)
  product_id?: string;

  @ApiPropertyOptional({ example: '0.01', default: '0', description: 'nothing is paid before you are owed this much; asset units' })
  @IsOptional()
  @IsString()
  @MaxLength(80)
  min_amount?: string;

  @ApiPropertyOptional({
    minimum: 0,
    description: 'the version that you looked at; 0 where you have none. Left out: whatever stands is replaced',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  version?: number;
}
