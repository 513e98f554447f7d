import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';

export class EventsQuery {
  @ApiPropertyOptional({ description: 'the sequence number you have seen; only later events come', pattern: '^\\d{1,18}$', default: '0' })
  @IsOptional()
  @Matches(/^\d{1,18}$/, { message: 'after must be a sequence number' })
  after: string = '0';

  @ApiPropertyOptional({ minimum: 1, maximum: 200, default: 50 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit: number = 50;
}

export class EventView {
  @ApiProperty({ description: 'yours alone: from 1 without gaps', example: 3 }) seq!: number;
  @ApiProperty({ example: 'evt_2b1f6f0e-6a0b-4d5e-9c38-0b2a0b41ce5a' }) id!: string;
  @ApiProperty({ example: 'deposit.credited' }) type!: string;
  @ApiProperty({ description: 'what it is about', example: 'dep_2b1f6f0e-6a0b-4d5e-9c38-0b2a0b41ce5a' }) resource!: string;
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty({ type: 'object', additionalProperties: true }) data!: Readonly<Record<string, unknown>>;
}

export class EventsPage {
  @ApiProperty({ description: 'pass it as `after` of the next page' }) next_after!: string;
  @ApiProperty() has_more!: boolean;
}

export class EventList {
  @ApiProperty({ type: [EventView] }) data!: EventView[];
  @ApiProperty({ type: EventsPage }) page!: EventsPage;
}
