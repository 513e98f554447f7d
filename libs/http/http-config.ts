import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';

/** What every HTTP face needs beside its room's own config. */
export class HttpConfig {
  /** Requests a minute a caller (client, member of staff, or address where nobody is known); 0 switches the limit off. */
  @IsInt() @Min(0) @Max(10_000_000) RATE_LIMIT_PER_MINUTE = 6_000;
  /** Addresses of proxies whose X-Forwarded-For is believed, comma-separated. None by default. */
  @IsOptional() @IsString() TRUSTED_PROXIES?: string;
}
