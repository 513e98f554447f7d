import { IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { ChainRoomConfig } from '#runtime';

const IsWei = (): PropertyDecorator => Matches(/^(0|[1-9]\d{0,37})$/, { message: '$property must be wei as a decimal string' });

/** Amounts are wei as decimal strings; times are milliseconds; a schedule of 0 ms is off. */
export class RewardsConfig extends ChainRoomConfig {
  /** How often it is looked whether a period has ended. */
  @IsInt() @Min(0) @Max(86_400_000) REPORT_EVERY_MS = 60_000;
  /** Finalised epochs that a report covers at least: 225 of mainnet are a day. */
  @IsInt() @Min(1) @Max(100_000) REPORT_MIN_EPOCHS = 225;

  /** Beyond these a report waits for two people. Basis points of the principal; unset, they follow the network. */
  @IsOptional() @IsInt() @Min(0) @Max(1_000_000_000) REPORT_MAX_RISE_BPS?: number;
  @IsOptional() @IsInt() @Min(0) @Max(10_000) REPORT_MAX_FALL_BPS?: number;
  @IsOptional() @IsInt() @Min(0) @Max(1_000_000_000) REPORT_MAX_ANNUAL_BPS?: number;
  /** How far losses may bring a pool below its high-water mark. */
  @IsOptional() @IsInt() @Min(0) @Max(10_000) REPORT_MAX_BELOW_HIGH_WATER_BPS?: number;
  /** Times REPORT_MIN_EPOCHS that one report may make up for. */
  @IsOptional() @IsInt() @Min(1) @Max(1_000_000_000) REPORT_MAX_PERIODS?: number;
  /** The most that one proposal, and one block's fees or MEV, can pay. */
  @IsOptional() @IsWei() REPORT_MAX_PROPOSAL?: string;
  @IsOptional() @IsWei() REPORT_MAX_BLOCK?: string;
  /** Whether a loss needs a second source (ETHEREUM_RPC_URL_2, ETHEREUM_BEACON_URL_2); without one it waits for people. */
  @IsOptional() @IsIn(['yes', 'no']) REPORT_CONFIRM_LOSS?: 'yes' | 'no';
  /** How long after a report was applied the next one is late: the rate is stale then, and nobody trades on it. */
  @IsOptional() @IsInt() @Min(1_000) @Max(2_678_400_000) REPORT_LATE_AFTER_MS?: number;

  /** How often it is looked whether a payout is due. */
  @IsInt() @Min(0) @Max(3_600_000) PAYOUT_LOOK_MS = 5_000;
  /** When a new pool pays out, until two people change it: a cron expression of five fields. Unset: each minute of the local network, else each day at four. */
  @IsOptional() @IsString() PAYOUT_CRON?: string;
  /** On the wall clock of this time zone of the IANA database. */
  @IsString() PAYOUT_TIME_ZONE = 'UTC';
  /** How long a run may take: two occurrences of a schedule are never closer. Unset: a minute of the local network, else an hour. */
  @IsOptional() @IsInt() @Min(60_000) @Max(86_400_000) PAYOUT_SHORTEST_MS?: number;
  /** How often runs under way are taken further. */
  @IsInt() @Min(0) @Max(3_600_000) PAYOUT_STEP_MS = 1_000;
  /** Lines posted in one transaction. */
  @IsInt() @Min(1) @Max(50_000) PAYOUT_CHUNK = 5_000;
  /** A run of no more than this is approved by rule; above it, treasury releases it. */
  @IsWei() AUTO_APPROVE_LIMIT = '10000000000000000000';
}
