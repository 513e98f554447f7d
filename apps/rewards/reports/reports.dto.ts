import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length } from 'class-validator';
import { PageQuery } from '#http';

const states = ['collected', 'simulated', 'within_limits', 'held', 'approved', 'applied', 'rejected'] as const;

export class ReportsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: states })
  @IsOptional()
  @IsIn(states)
  state?: (typeof states)[number];
}

export class CommentBody {
  @ApiProperty({ minLength: 3, maxLength: 2_000, description: 'why; kept with the decision' })
  @IsString()
  @Length(3, 2_000)
  comment!: string;
}
