import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches } from 'class-validator';

export class OpenAddressDto {
  @ApiProperty({ example: 'ETH' })
  @IsString()
  @Matches(/^[A-Z0-9-]{1,32}$/, { message: 'asset must be an asset code such as ETH' })
  asset!: string;
}

export class AddressView {
  @ApiProperty({ example: 'wal_…' }) id!: string;
  @ApiProperty() asset!: string;
  @ApiProperty() chain!: string;
  @ApiProperty({ description: 'with its checksum (EIP-55)' }) address!: string;
  @ApiProperty({ format: 'date-time' }) created_at!: string;
}
export class AddressList {
  @ApiProperty({ type: [AddressView] }) data!: AddressView[];
}
