import type { Room } from '#http';
import { refuseLocalnetInProduction } from '#runtime';
import { StakingConfig } from './config.js';
import { refuseInventedOperators } from './operators/opening.js';
import { problems } from './problems.js';
import { StakingModule, type Surroundings } from './staking.module.js';

/** Where it is staked: products, orders, pools, allocation, exits. Sole writer of A, S and I. */
export const stakingRoom = (around: Surroundings = {}): Room<StakingConfig> => ({
  name: 'staking',
  prefixes: ['/v1/staking'],
  problems,
  config: StakingConfig,
  module: (config, metrics) => {
    refuseLocalnetInProduction(config, 'staking');
    refuseInventedOperators(config);
    return StakingModule.for(config, { metrics, ...around });
  },
});

export const staking = stakingRoom();
