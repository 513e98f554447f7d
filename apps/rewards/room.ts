import type { Room } from '#http';
import { refuseLocalnetInProduction } from '#runtime';
import { RewardsConfig } from './config.js';
import { problems } from './problems.js';
import { RewardsModule, type Surroundings } from './rewards.module.js';

/** What was earned: observed from finalised state, approved, paid on schedule. Writes no pool; posts payouts and nothing else. */
export const rewardsRoom = (around: Surroundings = {}): Room<RewardsConfig> => ({
  name: 'rewards',
  prefixes: ['/v1/rewards'],
  problems,
  config: RewardsConfig,
  module: (config, metrics) => {
    refuseLocalnetInProduction(config, 'rewards');
    return RewardsModule.for(config, { metrics, ...around });
  },
});

export const rewards = rewardsRoom();
