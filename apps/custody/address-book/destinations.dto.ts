import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { PageInfo } from '#http';

export class AddDestinationDto {
  @ApiProperty({ example: 'ETH' })
  @IsString()
  @Matches(/^[A-Z0-9-]{1,32}$/, { message: 'asset must be an asset code such as ETH' })
  asset!: string;

  @ApiProperty({ description: 'your own address, with its checksum or all in lower case' })
  @IsString()
  @MaxLength(128)
  address!: string;

  @ApiProperty({ example: 'my hardware wallet' })
  @IsString()
  @Length(1, 64)
  label!: string;
}

export class DestinationView {
  @ApiProperty({ example: 'dst_…' }) id!: string;
  @ApiProperty() asset!: string;
  @ApiProperty() chain!: string;
  @ApiProperty() address!: string;
  @ApiProperty() label!: string;
  @ApiProperty({ description: 'whether a withdrawal to it is possible now' }) usable!: boolean;
  @ApiProperty({ format: 'date-time' }) usable_at!: string;
  @ApiProperty({ format: 'date-time' }) created_at!: string;
}
export class DestinationPage {
  @ApiProperty({ type: [DestinationView] }) data!: DestinationView[];
  @ApiProperty({ type: PageInfo }) page!: PageInfo;
}
