import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches, MaxLength } from 'class-validator';
import { PageInfo } from '#http';

export class WithdrawDto {
  @ApiProperty({ example: 'ETH' })
  @IsString()
  @Matches(/^[A-Z0-9-]{1,32}$/, { message: 'asset must be an asset code such as ETH' })
  asset!: string;

  @ApiProperty({ example: '1.5', description: 'in units of the asset, or "max" for all that is available' })
  @IsString()
  @MaxLength(80)
  amount!: string;

  @ApiProperty({ example: 'dst_…', description: 'an entry of your address book' })
  @IsString()
  @MaxLength(64)
  destination_id!: string;
}

export class WithdrawalStepView {
  @ApiProperty() name!: string;
  @ApiProperty({ enum: ['done', 'current', 'failed'] }) state!: string;
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty({ type: String, nullable: true }) tx_hash!: string | null;
}
class ReasonView {
  @ApiProperty() code!: string;
  @ApiProperty() detail!: string;
}
export class WithdrawalView {
  @ApiProperty({ example: 'op_…' }) id!: string;
  @ApiProperty({ enum: ['withdrawal'] }) type!: 'withdrawal';
  @ApiProperty({ enum: ['accepted', 'signed', 'broadcast', 'included', 'settled', 'returned'] }) state!: string;
  @ApiProperty({ format: 'date-time' }) state_since!: string;
  @ApiProperty({ type: ReasonView, nullable: true }) reason!: ReasonView | null;
  @ApiProperty() asset!: string;
  @ApiProperty() chain!: string;
  @ApiProperty() amount!: string;
  @ApiProperty() amount_atomic!: string;
  @ApiProperty({ example: 'dst_…' }) destination_id!: string;
  @ApiProperty() address!: string;
  @ApiProperty({ type: String, nullable: true }) tx_hash!: string | null;
  @ApiProperty({ type: [WithdrawalStepView] }) steps!: WithdrawalStepView[];
  @ApiProperty({ format: 'date-time' }) created_at!: string;
}
export class WithdrawalPage {
  @ApiProperty({ type: [WithdrawalView] }) data!: WithdrawalView[];
  @ApiProperty({ type: PageInfo }) page!: PageInfo;
}
