import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsISO8601, IsOptional, Matches } from 'class-validator';
import { PageInfo } from '#http';
import { entities, type Entity as LegalEntity } from '#ledger';
import { ReasonDto } from '../unattributed/unattributed.dto.js';
import { periodCloseMachine } from './period-close.js';

const names = Object.keys(entities) as LegalEntity[];

export class ClosePeriodDto extends ReasonDto {
  @ApiProperty({ enum: names }) @IsIn(names) entity!: LegalEntity;
  @ApiProperty({ example: '2026-01-31', description: 'the last day of the period, UTC' })
  @Matches(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, { message: 'through must be a day as YYYY-MM-DD' })
  @IsISO8601({ strict: true })
  through!: string;
}
export class TrialBalanceQueryDto {
  @ApiPropertyOptional({ format: 'date-time', description: 'what counts at this time, by what is known now' })
  @IsOptional()
  @IsISO8601({ strict: true })
  effective_at?: string;
  @ApiPropertyOptional({ format: 'date-time', description: 'what was recorded by this time' })
  @IsOptional()
  @IsISO8601({ strict: true })
  recorded_at?: string;
}

export class PeriodCloseView {
  @ApiProperty({ example: 'dec_…' }) id!: string;
  @ApiProperty({ enum: names }) entity!: string;
  @ApiProperty({ format: 'date' }) through!: string;
  @ApiProperty({ enum: Object.keys(periodCloseMachine.transitions) }) state!: string;
  @ApiProperty() proposed_by!: string;
  @ApiProperty({ type: String, nullable: true }) decided_by!: string | null;
  @ApiProperty({ type: Number, nullable: true, description: "the ledger's number of the period" }) seq!: number | null;
  @ApiProperty({ type: String, nullable: true, description: 'over the trial balance and the period before' }) digest!: string | null;
  @ApiProperty({ format: 'date-time' }) created_at!: string;
  @ApiProperty({ format: 'date-time' }) updated_at!: string;
}
export class PeriodClosePage {
  @ApiProperty({ type: [PeriodCloseView] }) data!: PeriodCloseView[];
  @ApiProperty({ type: PageInfo }) page!: PageInfo;
}
export class TrialBalanceLineView {
  @ApiProperty({ enum: names }) entity!: string;
  @ApiProperty() account!: string;
  @ApiProperty() asset!: string;
  @ApiProperty({ description: 'credits − debits' }) balance!: string;
  @ApiProperty() balance_atomic!: string;
}
export class TrialBalanceView {
  @ApiProperty({ type: String, nullable: true, format: 'date-time' }) effective_at!: string | null;
  @ApiProperty({ type: String, nullable: true, format: 'date-time' }) recorded_at!: string | null;
  @ApiProperty({ type: [TrialBalanceLineView], description: 'the lines of one entity and asset sum to zero' })
  lines!: TrialBalanceLineView[];
}
