import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, Length, Matches, MaxLength, Min } from 'class-validator';
import { PageInfo, PageQuery } from '#http';
import { causes, destinations, unattributedMachine, type Destination, type UnattributedState } from './unattributed.js';

const states = Object.keys(unattributedMachine.transitions) as UnattributedState[];

export class UnattributedQueryDto extends PageQuery {
  @ApiPropertyOptional({ enum: states }) @IsOptional() @IsIn(states) state?: UnattributedState;
  @ApiPropertyOptional({ enum: destinations, description: 'where it was proposed to go, or went' })
  @IsOptional()
  @IsIn(destinations)
  to?: Destination;
}

export class ReasonDto {
  @ApiProperty({ description: 'kept in the audit log' }) @IsString() @Length(3, 500) reason!: string;
}

export class DecideAttributionDto extends ReasonDto {
  @ApiProperty({ description: 'the version that you saw: another proposal may have taken its place meanwhile', example: 2 })
  @IsInt()
  @Min(1)
  version!: number;
}

export class ProposeAttributionDto extends ReasonDto {
  @ApiProperty({
    enum: destinations,
    description: 'sender: back to where it came from; operator_bond, cover_fund, first_loss, instant_buffer: given irrevocably',
  })
  @IsIn(destinations)
  to!: Destination;
  @ApiPropertyOptional({ example: 'cli_…' }) @IsOptional() @IsString() @MaxLength(64) client_id?: string;
  @ApiPropertyOptional({ example: 'eth-payout-1' }) @IsOptional() @IsString() @MaxLength(64) pool_id?: string;
  @ApiPropertyOptional({ description: 'operator_bond: whose' }) @IsOptional() @Matches(/^[a-z0-9][a-z0-9-]{0,63}$/) operator_id?: string;
  @ApiPropertyOptional({ description: 'who sent it, where no transfer shows it' })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  sender?: string;
  @ApiPropertyOptional({ description: 'the transaction in which it arrived, where no transfer shows it' })
  @IsOptional()
  @Matches(/^0x[0-9a-f]{64}$/, { message: 'tx_hash must be 32 bytes of lower-case 0x hex' })
  tx_hash?: string;
}

class ProposalView {
  @ApiProperty({ enum: destinations }) to!: string;
  @ApiProperty({ type: String, nullable: true }) client_id!: string | null;
  @ApiProperty({ type: String, nullable: true }) pool_id!: string | null;
  @ApiProperty({ type: String, nullable: true }) operator_id!: string | null;
  @ApiProperty({ type: String, nullable: true }) sender!: string | null;
  @ApiProperty({ type: String, nullable: true }) tx_hash!: string | null;
  @ApiProperty() reason!: string;
  @ApiProperty({ type: String, nullable: true }) proposed_by!: string | null;
}
export class UnattributedView {
  @ApiProperty({ example: 'una_…' }) id!: string;
  @ApiProperty({ enum: states }) state!: string;
  @ApiProperty({ description: 'rises with every decision; an approval or denial names it' }) version!: number;
  @ApiProperty({ enum: causes, description: 'balance: no transaction shows it, the address simply holds more' }) cause!: string;
  @ApiProperty() chain!: string;
  @ApiProperty() asset!: string;
  @ApiProperty() amount!: string;
  @ApiProperty() amount_atomic!: string;
  @ApiProperty({ description: 'where it arrived' }) address!: string;
  @ApiProperty() role!: string;
  @ApiProperty({ type: String, nullable: true, description: 'whose deposit address it is' }) address_client_id!: string | null;
  @ApiProperty({ type: String, nullable: true }) sender!: string | null;
  @ApiProperty({ type: String, nullable: true }) tx_hash!: string | null;
  @ApiProperty({ description: 'it arrived in this block or later' }) from_block!: string;
  @ApiProperty({ description: 'and no later than in this one' }) block_number!: string;
  @ApiProperty({ type: ProposalView, nullable: true }) proposal!: ProposalView | null;
  @ApiProperty({ type: String, nullable: true }) decided_by!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'txn_…' }) transaction_id!: string | null;
  @ApiProperty({ format: 'date-time' }) created_at!: string;
  @ApiProperty({ format: 'date-time' }) updated_at!: string;
}
export class UnattributedPage {
  @ApiProperty({ type: [UnattributedView] }) data!: UnattributedView[];
  @ApiProperty({ type: PageInfo }) page!: PageInfo;
}
