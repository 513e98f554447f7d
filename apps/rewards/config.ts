import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { ChainRoomConfig } from '#runtime';
import type { Limits } from './reports/limits.js';

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

  /** How often rewards are paid out. */
  @IsInt() @Min(0) @Max(2_678_400_000) PAYOUT_EVERY_MS = 86_400_000;
  /** How often runs under way are taken further. */
  @IsInt() @Min(0) @Max(3_600_000) PAYOUT_STEP_MS = 1_000;
  /** Lines posted in one transaction. */
  @IsInt() @Min(1) @Max(5_000) PAYOUT_CHUNK = 500;
  /** A run of no more than this is approved by rule; above it, treasury releases it. */
  @IsWei() AUTO_APPROVE_LIMIT = '10000000000000000000';
}

/** A validator of mainnet earns about 3 % a year, a proposal now and then in one piece; the small local network pays each of its few validators far more. */
const usual: Record<RewardsConfig['BAILEE_NETWORK'], Limits> = {
  mainnet: { maxRiseBps: 100, maxFallBps: 10, maxAnnualBps: 5_000 },
  hoodi: { maxRiseBps: 100, maxFallBps: 10, maxAnnualBps: 5_000 },
  localnet: { maxRiseBps: 2_000, maxFallBps: 500, maxAnnualBps: 20_000_000 },
};

export function limitsOf(config: RewardsConfig): Limits {
  const { maxRiseBps, maxFallBps, maxAnnualBps } = usual[config.BAILEE_NETWORK];
  return {
    maxRiseBps: config.REPORT_MAX_RISE_BPS ?? maxRiseBps,
    maxFallBps: config.REPORT_MAX_FALL_BPS ?? maxFallBps,
    maxAnnualBps: config.REPORT_MAX_ANNUAL_BPS ?? maxAnnualBps,
  };
}
