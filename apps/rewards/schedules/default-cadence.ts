import type { RewardsConfig } from '../config.js';
import type { Cadence } from './cadence.cron.js';

const local = (config: RewardsConfig): boolean => config.BAILEE_NETWORK === 'localnet';

/** The schedule of a pool that has none yet: weeks of the local network pass in seconds. */
export const cadenceOf = (config: RewardsConfig): Cadence => ({
  cron: config.PAYOUT_CRON ?? (local(config) ? '* * * * *' : '0 4 * * *'),
  timeZone: config.PAYOUT_TIME_ZONE,
});
export const shortestGapMs = (config: RewardsConfig): number => config.PAYOUT_SHORTEST_MS ?? (local(config) ? 60_000 : 3_600_000);
