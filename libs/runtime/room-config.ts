import 'reflect-metadata';
import { IsIn, IsInt, IsOptional, IsString, IsUrl, Matches, Max, Min } from 'class-validator';
import { ConfigInvalid } from './config.js';

const localUrl = { require_tld: false, protocols: ['http', 'https'], require_protocol: true };

/** What every room needs. A room adds its own fields in apps/<room>/config.ts. */
export class RoomConfig {
  /** PostgreSQL as this room's own LOGIN role. */
  @IsString()
  @Matches(/^postgres(ql)?:\/\//, { message: 'DATABASE_URL must be a postgres:// URL with the role of this room' })
  DATABASE_URL!: string;

  /** Connections at most; queues on PostgreSQL and listening need up to 8 more. */
  @IsInt() @Min(2) @Max(200) DATABASE_POOL = 8;

  /** Queues on Redis when set; on PostgreSQL otherwise. */
  @IsOptional()
  @IsString()
  @Matches(/^rediss?:\/\//, { message: 'REDIS_URL must be a redis:// URL' })
  REDIS_URL?: string;

  /** How long a done delivery is kept before it is only counted. */
  @IsInt() @Min(1) @Max(3_650) DELIVERY_RETENTION_DAYS = 30;

  /** trace, debug, info, warn, error or silent. */
  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'silent']) LOG_LEVEL = 'info';
  /** Logs go to this file instead of standard output. */
  @IsOptional() @IsString() LOG_FILE?: string;
  /** Address that it listens on. */
  @IsString() HOST = '127.0.0.1';
  /** Port that it listens on; 0 is any free one. */
  @IsInt() @Min(0) @Max(65_535) PORT = 0;
  /** After SIGTERM: how long /health/ready says 503 while everything is still answered, so that the proxy sends it elsewhere. Milliseconds. */
  @IsInt() @Min(0) @Max(600_000) DRAIN_MS = 3_000;
  /** After that: how long what is in hand may take, before the process ends with exit code 1. Milliseconds. */
  @IsInt() @Min(1_000) @Max(600_000) STOP_WITHIN_MS = 25_000;

  /** `demo` permits the local network and seeded credentials; `production` refuses both. */
  @IsIn(['demo', 'production']) BAILEE_MODE: 'demo' | 'production' = 'production';
}

/** For rooms that talk to chains. */
export class ChainRoomConfig extends RoomConfig {
  /** localnet (demo mode only), hoodi or mainnet: what the endpoints must be of. */
  @IsIn(['localnet', 'hoodi', 'mainnet']) BAILEE_NETWORK: 'localnet' | 'hoodi' | 'mainnet' = 'mainnet';
  /** JSON-RPC of the execution node. */
  @IsUrl(localUrl) ETHEREUM_RPC_URL!: string;
  /** REST of the beacon node. */
  @IsUrl(localUrl) ETHEREUM_BEACON_URL!: string;
  /** A second pair of nodes: what is final is compared with it (docs/chains.md). `yes`: do not start with one pair alone. */
  @IsOptional() @IsUrl(localUrl) ETHEREUM_RPC_URL_2?: string;
  @IsOptional() @IsUrl(localUrl) ETHEREUM_BEACON_URL_2?: string;
  @IsOptional() @IsIn(['yes', 'no']) ETHEREUM_REQUIRE_SECOND?: 'yes' | 'no';
  /** Slots that a head may stand still before the chain counts as stalled; an epoch's worth unless set. */
  @IsOptional() @IsInt() @Min(1) @Max(10_000) STALL_SLOTS?: number;
  /** What runs behind those endpoints, shown to people. */
  @IsString() CHAIN_LABEL = 'Ethereum';
}

/** The local network is a toy: a production room never starts on it. */
export function refuseLocalnetInProduction(config: ChainRoomConfig, room: string): void {
  if (config.BAILEE_MODE === 'production' && config.BAILEE_NETWORK === 'localnet') {
    throw new ConfigInvalid(room, [
      'BAILEE_NETWORK is localnet in production mode: give the endpoints of a real network, or set BAILEE_MODE=demo',
    ]);
  }
}
