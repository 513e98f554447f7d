import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PageInfo, PageQuery } from '#http';
import { purposes, type Purpose } from '#messages';
import { transactionMachine, type TransactionState } from './transaction.js';

const states = Object.keys(transactionMachine.transitions) as TransactionState[];

export class TransactionsQueryDto extends PageQuery {
  @ApiPropertyOptional({ enum: states }) @IsOptional() @IsIn(states) state?: TransactionState;
  @ApiPropertyOptional({ enum: purposes }) @IsOptional() @IsIn(purposes) purpose?: Purpose;
}

export class TransactionStepView {
  @ApiProperty({ enum: states }) state!: string;
  @ApiProperty({ format: 'date-time' }) at!: string;
}
export class SignatureView {
  @ApiProperty({ description: '1, then its replacements under the same nonce' }) number!: number;
  @ApiProperty({ enum: ['asked', 'signed', 'refused'] }) state!: string;
  @ApiProperty({ type: String, nullable: true }) tx_hash!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'base units a unit of gas' }) max_fee_per_gas_atomic!: string | null;
  @ApiProperty({ description: 'the most it can cost in gas, base units' }) worst_cost_atomic!: string;
  @ApiProperty({ type: String, nullable: true }) code!: string | null;
}
export class TransactionView {
  @ApiProperty({ example: 'txn_…' }) id!: string;
  @ApiProperty({ enum: purposes }) purpose!: string;
  @ApiProperty({ enum: states }) state!: string;
  @ApiProperty({ type: String, nullable: true, description: 'why it waits, or why it was refused' }) code!: string | null;
  @ApiProperty({ type: String, nullable: true }) detail!: string | null;
  @ApiProperty() chain!: string;
  @ApiProperty() asset!: string;
  @ApiProperty({ type: String, nullable: true }) value!: string | null;
  @ApiProperty({ type: String, nullable: true }) value_atomic!: string | null;
  @ApiProperty({ type: String, nullable: true }) from!: string | null;
  @ApiProperty({ type: String, nullable: true }) to!: string | null;
  @ApiProperty({ type: String, nullable: true }) nonce!: string | null;
  @ApiProperty({ type: String, nullable: true }) tx_hash!: string | null;
  @ApiProperty({ description: 'what the gas float set aside, base units' }) gas_reserved_atomic!: string;
  @ApiProperty({ type: String, nullable: true, description: 'what it cost, base units' }) gas_cost_atomic!: string | null;
  @ApiProperty({ type: String, nullable: true }) block_number!: string | null;
  @ApiProperty({ description: 'how often the signed bytes were handed to the node' }) attempts!: number;
  @ApiProperty({ format: 'date-time' }) created_at!: string;
  @ApiProperty({ format: 'date-time' }) updated_at!: string;
  @ApiProperty({ type: [SignatureView], description: 'what was asked of the signer: whichever the chain takes is the one payment' })
  signatures!: SignatureView[];
  @ApiProperty({ type: [TransactionStepView] }) steps!: TransactionStepView[];
}
export class TransactionPage {
  @ApiProperty({ type: [TransactionView] }) data!: TransactionView[];
  @ApiProperty({ type: PageInfo }) page!: PageInfo;
}
