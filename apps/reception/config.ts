import { IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { RoomConfig } from '#runtime';

export class ReceptionConfig extends RoomConfig {
  /** The merged OpenAPI document, written by the build. */
  @IsOptional() @IsString() OPENAPI_PATH?: string;
  /** The list of problems of all rooms, written by the build. */
  @IsOptional() @IsString() PROBLEMS_PATH?: string;

  /** Only on localnet, and only while no source is set, prices are invented ones. */
  @IsOptional() @IsIn(['localnet', 'hoodi', 'mainnet']) BAILEE_NETWORK?: 'localnet' | 'hoodi' | 'mainnet';
  /** A history of prices (CSV or JSON), read anew each time. */
  @IsOptional() @IsString() PRICE_FILE?: string;
  /** A service of prices: an https address with {asset} and {currency} in it. */
  @IsOptional() @IsString() @Matches(/^https?:\/\//, { message: 'PRICE_URL must be an https:// address' }) PRICE_URL?: string;
  /** Where in the JSON that comes back the price is, and its time (without it, the time of asking, in demo mode only): names with dots between. */
  @IsString() PRICE_URL_PRICE_PATH = 'price';
  @IsOptional() @IsString() PRICE_URL_TIME_PATH?: string;
  /** What is asked for there: ETH/HKD,ETH/USD */
  @IsString()
  @Matches(/^[A-Z0-9-]+\/[A-Z]{3}(,[A-Z0-9-]+\/[A-Z]{3})*$/, { message: 'PRICE_URL_PAIRS must be pairs such as ETH/HKD,ETH/USD' })
  PRICE_URL_PAIRS = 'ETH/HKD,ETH/USD';
  @IsInt() @Min(100) @Max(60_000) PRICE_URL_TIMEOUT_MS = 5_000;
  @IsInt() @Min(100) @Max(10_000_000) PRICE_URL_MAX_BYTES = 65_536;
  /** How often sources are asked. */
  @IsInt() @Min(0) @Max(86_400_000) PRICE_EVERY_MS = 60_000;
  /** A price older than this values nothing. */
  @IsInt() @Min(1_000) @Max(31_536_000_000) PRICE_MAX_AGE_MS = 86_400_000;
  /** A price further than this from the one before waits until another source confirms it. */
  @IsInt() @Min(1) @Max(100_000) PRICE_MAX_JUMP_BPS = 2_000;
  /** Or, where no other source speaks of the pair, until it has stood for so long. */
  @IsInt() @Min(1_000) @Max(86_400_000) PRICE_JUMP_DWELL_MS = 600_000;

  /** How often it is looked whether a month is closed whose statements are not made. */
  @IsInt() @Min(0) @Max(86_400_000) STATEMENTS_EVERY_MS = 60_000;
  /** New statements that are made for one client in a day, at its request. */
  @IsInt() @Min(1) @Max(10_000) STATEMENTS_A_DAY = 20;
}
