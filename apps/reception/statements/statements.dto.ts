import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent, PageInfo } from '#http';
import { currencies } from '#prices';
import { formatNames, type Format } from './render.js';
import { rowTypeNames } from './row-types.js';

const MOMENT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z)?$/;
const moment = { pattern: MOMENT.source, example: '2026-01-01T00:00:00Z' };
const message = '$property must be a date (2026-01-31) or a time in UTC (2026-01-31T12:00:00Z)';

export class MakeStatementDto {
  @ApiPropertyOptional({ description: 'a month that is over, as YYYY-MM; instead of from and to', example: '2026-01' })
  @MayBeAbsent()
  @MaxLength(16)
  month?: string;

  @ApiPropertyOptional({ ...moment, description: 'first moment of the period; from the beginning when absent' })
  @MayBeAbsent()
  @Matches(MOMENT, { message })
  from?: string;

  @ApiPropertyOptional({ ...moment, description: 'first moment after the period; now when absent' })
  @MayBeAbsent()
  @Matches(MOMENT, { message })
  to?: string;

  @ApiPropertyOptional({ enum: currencies, description: 'of values; your preference when absent' })
  @MayBeAbsent()
  @MaxLength(16)
  currency?: string;
}

export class StatementFileQuery {
  @ApiPropertyOptional({
    enum: formatNames,
    description: 'otherwise by the Accept header; JSON unless it says text/csv or application/pdf',
  })
  @MayBeAbsent()
  @IsIn(formatNames)
  format?: Format;

  @ApiPropertyOptional({
    enum: ['required', 'optional'],
    default: 'required',
    description: 'of format=tax: `required` refuses when a row has no price, `optional` leaves its value empty',
  })
  @MayBeAbsent()
  @IsIn(['required', 'optional'])
  prices: 'required' | 'optional' = 'required';
}

export class StatementHeadView {
  @ApiProperty({ example: 2 }) schema_version!: number;
  @ApiProperty({ example: 'stm_2b1f6f0e-6a0b-4d5e-9c38-0b2a0b41ce5a' }) id!: string;
  @ApiProperty() client_id!: string;
  @ApiProperty({ enum: ['monthly', 'on_demand'] }) kind!: string;
  @ApiProperty({ type: String, nullable: true, example: '2026-01' }) month!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'null: from the beginning' }) from!: string | null;
  @ApiProperty({ format: 'date-time' }) to!: string;
  @ApiProperty({ enum: currencies }) currency!: string;
  @ApiProperty({ description: 'the books of its period were not closed when it was made' }) provisional!: boolean;
  @ApiProperty() line_count!: number;
  @ApiProperty({ description: 'lines that want a value and have none, as there was no price' }) unpriced_count!: number;
  @ApiProperty({ description: 'of what never changes about it' }) content_sha256!: string;
  @ApiProperty({ format: 'date-time' }) made_at!: string;
}

export class StatementPageView {
  @ApiProperty({ type: [StatementHeadView] }) data!: readonly StatementHeadView[];
  @ApiProperty({ type: PageInfo }) page!: PageInfo;
}

export class ValueView {
  @ApiProperty({ example: '23400.5' }) amount!: string;
  @ApiProperty({ enum: currencies }) currency!: string;
  @ApiProperty({ description: 'for one unit of the asset' }) price!: string;
  @ApiProperty({ example: 'file:history' }) source!: string;
  @ApiProperty({ format: 'date-time' }) as_of!: string;
}

export class LotPartView {
  @ApiProperty() lot_id!: string;
  @ApiProperty() quantity!: string;
  @ApiProperty({ format: 'date-time' }) acquired_at!: string;
  @ApiProperty({ type: String, nullable: true }) cost_basis!: string | null;
}

export class StatementLineView {
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiPropertyOptional({ format: 'date-time', description: 'where it counts later: its own day was closed when it was recorded' })
  counted_at?: string;
  @ApiProperty({ enum: rowTypeNames }) type!: string;
  @ApiProperty({ example: 'deposit.receive', description: "the ledger's own name" }) kind!: string;
  @ApiProperty({ example: 'ETH' }) asset!: string;
  @ApiProperty({ example: 'available' }) account!: string;
  @ApiProperty({ description: 'signed, asset units', example: '-5' }) change!: string;
  @ApiProperty({ description: 'signed, base units' }) change_atomic!: string;
  @ApiProperty({ description: 'of this account after this line' }) balance!: string;
  @ApiProperty() balance_atomic!: string;
  @ApiProperty({ description: 'uuid of the operation, transaction, report or run that caused it' }) reference!: string;
  @ApiProperty() entry_id!: string;
  @ApiPropertyOptional({ description: 'entry that it takes back' }) reverses?: string;
  @ApiPropertyOptional() pool_id?: string;
  @ApiPropertyOptional() tx_hash?: string;
  @ApiPropertyOptional({ type: ValueView, nullable: true }) value?: ValueView | null;
  @ApiPropertyOptional({ example: 'price.stale', description: 'why there is no value' }) no_price?: string;
  @ApiPropertyOptional({ description: 'what it acquired' }) lot_id?: string;
  @ApiPropertyOptional({ type: [LotPartView], description: 'what it disposed of, or what went into a pool or came back' })
  lots?: LotPartView[];
  @ApiPropertyOptional({ type: Object, description: 'what came back from a pool beyond what was put in, or did not' }) gain?: object;
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

export class StatementView extends StatementHeadView {
  @ApiProperty({ type: [StatementAccountView] }) accounts!: StatementAccountView[];
  @ApiProperty({ type: [StatementLineView] }) lines!: StatementLineView[];
}

export class PreferenceDto {
  @ApiProperty({ enum: currencies })
  @MaxLength(16)
  currency!: string;
}
export class PreferenceView {
  @ApiProperty({ enum: currencies }) currency!: string;
  @ApiProperty({ description: '0: never chosen' }) version!: number;
}
