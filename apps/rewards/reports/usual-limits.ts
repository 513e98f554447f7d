import type { RewardsConfig } from '../config.js';
import type { Limits } from './limits.js';

interface Usual extends Limits {
  readonly lateAfterMs: number;
}
const ETH = 10n ** 18n;
const HOUR_MS = 3_600_000;

/**
 * A validator of a public network earns about 3 % a year, a proposal now and then in one piece (0.04 ETH as a rule, a few times as much at
 * most), a sync committee once in years; a report a day. The small local network pays each of its few validators far more, knows one source
 * only, and is stopped and started as people like.
 */
const publicly: Usual = {
  maxRiseBps: 100,
  maxFallBps: 10,
  maxAnnualBps: 5_000,
  maxBelowHighWaterBps: 50,
  maxPeriods: 7,
  maxDutiesBps: 1_500,
  maxProposal: ETH / 4n,
  maxBlock: 10n * ETH,
  confirmLoss: true,
  lateAfterMs: 30 * HOUR_MS,
};
const usual: Record<RewardsConfig['BAILEE_NETWORK'], Usual> = {
  mainnet: publicly,
  hoodi: publicly,
  localnet: {
    maxRiseBps: 2_000,
    maxFallBps: 500,
    maxAnnualBps: 20_000_000,
    maxBelowHighWaterBps: 2_000,
    maxPeriods: 1_000_000_000,
    maxDutiesBps: 20_000_000,
    maxProposal: ETH,
    maxBlock: 1_000n * ETH,
    confirmLoss: false,
    lateAfterMs: HOUR_MS / 4,
  },
};

/** The limits of the network, and what the configuration says otherwise. */
export function limitsOf(config: RewardsConfig): Limits {
  const { lateAfterMs: _, ...limits } = usual[config.BAILEE_NETWORK];
  const wei = (text: string | undefined, otherwise: bigint): bigint => (text === undefined ? otherwise : BigInt(text));
  return {
    ...limits,
    maxRiseBps: config.REPORT_MAX_RISE_BPS ?? limits.maxRiseBps,
    maxFallBps: config.REPORT_MAX_FALL_BPS ?? limits.maxFallBps,
    maxAnnualBps: config.REPORT_MAX_ANNUAL_BPS ?? limits.maxAnnualBps,
    maxBelowHighWaterBps: config.REPORT_MAX_BELOW_HIGH_WATER_BPS ?? limits.maxBelowHighWaterBps,
    maxPeriods: config.REPORT_MAX_PERIODS ?? limits.maxPeriods,
    maxProposal: wei(config.REPORT_MAX_PROPOSAL, limits.maxProposal),
    maxBlock: wei(config.REPORT_MAX_BLOCK, limits.maxBlock),
    confirmLoss: config.REPORT_CONFIRM_LOSS === undefined ? limits.confirmLoss : config.REPORT_CONFIRM_LOSS === 'yes',
  };
}

export const lateAfterMs = (config: RewardsConfig): number => config.REPORT_LATE_AFTER_MS ?? usual[config.BAILEE_NETWORK].lateAfterMs;
