import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString, Matches } from 'class-validator';
import { PageInfo } from '#http';
import type { ReconciliationReport } from './report.js';

export class ReconcileDto {
  @ApiProperty({ required: false, default: 'ETH' })
  @IsOptional()
  @IsString()
  @Matches(/^[A-Z0-9-]{1,32}$/, { message: 'asset must be an asset code such as ETH' })
  asset?: string;
}

export class ReconciliationView {
  @ApiProperty({ example: 'rep_…' }) id!: string;
  @ApiProperty({ enum: ['agreed', 'broken'] }) state!: 'agreed' | 'broken';
  @ApiProperty() chain!: string;
  @ApiProperty({ description: 'last execution block in both: what both sides hold after it is compared' }) block_number!: string;
  @ApiProperty() block_hash!: string;
  @ApiProperty({ description: 'slot of the finalised state that validators were read from' }) slot!: string;
  @ApiProperty({ description: 'every wallet was compared, not only those that had moved' }) whole!: boolean;
  @ApiProperty({
    type: Object,
    description: 'ledger, chain_holds, difference, unexplained, items[], wallets[], validators[], clearing[], entities[]',
  })
  report!: ReconciliationReport;
  @ApiProperty() requested_by!: string;
  @ApiProperty({ format: 'date-time' }) created_at!: string;
}
export class ReconciliationPage {
  @ApiProperty({ type: [ReconciliationView] }) data!: ReconciliationView[];
  @ApiProperty({ type: PageInfo }) page!: PageInfo;
}
