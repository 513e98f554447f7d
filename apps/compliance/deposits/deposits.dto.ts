import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '#http';
import { Text } from '../texts.js';
import { depositStates, type DepositState } from './deposit.js';

export class DepositsQuery extends PageQuery {
  @IsOptional() @IsIn(depositStates) state?: DepositState;
  @IsOptional() @IsString() @MaxLength(64) client_id?: string;
}

export class ReleaseDepositDto {
  @Text(3, 2000) comment!: string;
}
