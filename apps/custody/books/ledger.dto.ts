import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches } from 'class-validator';
import { PageInfo, PageQuery } from '#http';
import { accountKinds, type AccountKindName } from '#ledger';

export const clientAccounts = (Object.keys(accountKinds) as AccountKindName[]).filter((kind) => accountKinds[kind].owner === 'client');

export class AccountView {
  @ApiProperty({ enum: clientAccounts }) account!: string;
  @ApiProperty() meaning!: string;
  @ApiProperty() asset!: string;
  @ApiProperty() balance!: string;
  @ApiProperty() balance_atomic!: string;
}
export class AccountList {
  @ApiProperty({ type: [AccountView] }) data!: AccountView[];
}

export class EntriesQueryDto extends PageQuery {
  @ApiPropertyOptional({ enum: clientAccounts })
  @IsOptional()
  @IsIn(clientAccounts)
  account?: AccountKindName;

  @ApiPropertyOptional({ example: 'ETH' })
  @IsOptional()
  @IsString()
  @Matches(/^[A-Z0-9-]{1,32}$/, { message: 'asset must be an asset code such as ETH' })
  asset?: string;
}

export class EntryView {
  @ApiProperty() id!: string;
  @ApiProperty({ description: 'kind of transfer' }) kind!: string;
  @ApiProperty({ enum: clientAccounts }) account!: string;
  @ApiProperty({ description: 'the other side' }) counterpart!: string;
  @ApiProperty() asset!: string;
  @ApiProperty({ description: 'signed: what it did to the account' }) change!: string;
  @ApiProperty() change_atomic!: string;
  @ApiProperty({ description: 'of the account, after it' }) balance!: string;
  @ApiProperty() balance_atomic!: string;
  @ApiProperty({ description: 'the deposit, operation, transaction, report or run that caused it' }) reference!: string;
  @ApiProperty({ format: 'date-time' }) effective_at!: string;
  @ApiProperty({ description: 'position in the history of the account, from 1 without gaps' }) version!: string;
}
export class EntryPage {
  @ApiProperty({ type: [EntryView] }) data!: EntryView[];
  @ApiProperty({ type: PageInfo }) page!: PageInfo;
}
