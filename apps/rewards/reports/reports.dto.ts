import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';
import { PageQuery } from '#http';

const states = ['collected', 'simulated', 'within_limits', 'held', 'approved', 'applied', 'rejected'] as const;

export class ReportsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: states })
  @IsOptional()
  @IsIn(states)
  state?: (typeof states)[number];
}

export class ApproveBody {
  @ApiProperty({ description: 'content_hash of the report that you looked at: what is approved is exactly that' })
  @Matches(/^[0-9a-f]{64}$/)
  content_hash!: string;

  @ApiProperty({ minLength: 3, maxLength: 2_000, description: 'why; kept with the decision' })
  @IsString()
  @Length(3, 2_000)
  comment!: string;
}

export class SimulateBody {
  @ApiProperty({ example: 'eth-payout-1' })
  @Matches(/^[a-z0-9-]{1,64}$/)
  pool_id!: string;
}
