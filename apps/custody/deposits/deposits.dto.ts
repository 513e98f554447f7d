import { ApiProperty } from '@nestjs/swagger';
import { PageInfo } from '#http';

export class DepositStepView {
  @ApiProperty() state!: string;
  @ApiProperty({ format: 'date-time' }) at!: string;
}
export class DepositView {
  @ApiProperty({ example: 'dep_…' }) id!: string;
  @ApiProperty({ enum: ['seen', 'dropped', 'suspense', 'credited'] }) state!: string;
  @ApiProperty() asset!: string;
  @ApiProperty() chain!: string;
  @ApiProperty({ example: '5.25' }) amount!: string;
  @ApiProperty() amount_atomic!: string;
  @ApiProperty() address!: string;
  @ApiProperty() sender!: string;
  @ApiProperty() tx_hash!: string;
  @ApiProperty() block_number!: string;
  @ApiProperty({ description: 'whether the block can still be undone' }) final!: boolean;
  @ApiProperty({ format: 'date-time' }) created_at!: string;
  @ApiProperty({ format: 'date-time' }) updated_at!: string;
  @ApiProperty({ type: [DepositStepView] }) steps!: DepositStepView[];
}
export class DepositPage {
  @ApiProperty({ type: [DepositView] }) data!: DepositView[];
  @ApiProperty({ type: PageInfo }) page!: PageInfo;
}
