import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { lineTypes } from './statement.js';

const MOMENT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z)?$/;
const moment = { pattern: MOMENT.source, example: '2026-01-01T00:00:00Z' };
const message = '$property must be a date (2026-01-31) or a time in UTC (2026-01-31T12:00:00Z)';

export class StatementQuery {
  @ApiPropertyOptional({ enum: ['json', 'csv'], default: 'json' })
  @IsOptional()
  @IsIn(['json', 'csv'])
  format: 'json' | 'csv' = 'json';

  @ApiPropertyOptional({ ...moment, description: 'first moment of the period; from the beginning when absent' })
  @IsOptional()
  @Matches(MOMENT, { message })
  from?: string;

  @ApiPropertyOptional({ ...moment, description: 'first moment after the period; now when absent' })
  @IsOptional()
  @Matches(MOMENT, { message })
  to?: string;
}

export class StatementLineView {
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty({ enum: Object.values(lineTypes) }) type!: string;
  @ApiProperty({ example: 'ETH' }) asset!: string;
  @ApiProperty({ example: 'available' }) account!: string;
  @ApiProperty({ description: 'signed, asset units', example: '-5' }) change!: string;
  @ApiProperty({ description: 'signed, base units' }) change_atomic!: string;
  @ApiProperty({ description: 'of this account after this line' }) balance!: string;
  @ApiProperty() balance_atomic!: string;
  @ApiProperty({ description: 'uuid of the operation, transaction, report or run that caused it' }) reference!: string;
  @ApiProperty() entry_id!: string;
}

export class StatementAccountView {
  @ApiProperty() asset!: string;
  @ApiProperty() account!: string;
  @ApiProperty() opening!: string;
  @ApiProperty() opening_atomic!: string;
  @ApiProperty({ description: 'sum of the lines; opening + change = closing' }) change!: string;
  @ApiProperty() change_atomic!: string;
  @ApiProperty() closing!: string;
  @ApiProperty() closing_atomic!: string;
}

export class StatementView {
  @ApiProperty({ example: 1 }) schema_version!: 1;
  @ApiProperty() client_id!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) from!: string | null;
  @ApiProperty({ format: 'date-time' }) to!: string;
  @ApiProperty({ type: [StatementAccountView] }) accounts!: StatementAccountView[];
  @ApiProperty({ type: [StatementLineView] }) lines!: StatementLineView[];
}
