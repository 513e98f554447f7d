import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';
import { PageQuery } from '#http';

const states = ['planned', 'dry_run', 'disputed', 'approved', 'posting', 'posted', 'reconciled', 'cancelled'] as const;

export class RunsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: states })
  @IsOptional()
  @IsIn(states)
  state?: (typeof states)[number];
}

const lineStates = ['pending', 'paid', 'held', 'below_threshold'] as const;

export class LinesQuery extends PageQuery {
  @ApiPropertyOptional({ enum: lineStates })
  @IsOptional()
  @IsIn(lineStates)
  state?: (typeof lineStates)[number];
}

export class PlanBody {
  @ApiProperty({ example: 'eth-payout-1' })
  @Matches(/^[a-z0-9-]{1,64}$/)
  pool_id!: string;
}

export class ReleaseBody {
  @ApiProperty({ description: 'dry_run_hash of the run that you looked at: what is released is exactly that' })
  @Matches(/^[0-9a-f]{64}$/)
  dry_run_hash!: string;

  @ApiProperty({ minLength: 3, maxLength: 2_000, description: 'why; kept with the decision' })
  @IsString()
  @Length(3, 2_000)
  comment!: string;
}

export class CommentBody {
  @ApiProperty({ minLength: 3, maxLength: 2_000, description: 'why; kept with the decision' })
  @IsString()
  @Length(3, 2_000)
  comment!: string;
}
