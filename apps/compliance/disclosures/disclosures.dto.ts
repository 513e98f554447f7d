import { Transform } from 'class-transformer';
import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { PRODUCT_ID } from './disclosure.js';

export class DisclosureQuery {
  /** An earlier version; the one in force when it is left out. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => Number(value))
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  version?: number;
}

export class AcknowledgementDto {
  @Matches(PRODUCT_ID) product_id!: string;
  @IsInt() @Min(1) @Max(1_000_000) version!: number;
  /** As it was given with the disclosure. */
  @Matches(/^0x[0-9a-f]{64}$/) hash!: string;
}
