import type { Chain } from '#chains';

/** Injection tokens of the room. */
export const CLOCK = Symbol('staking.clock');
export const CONFIG = Symbol('staking.config');
export const LOGGER = Symbol('staking.logger');
export const CHAINS = Symbol('staking.chains');

/** The chains that products stake on, by name. */
export type Chains = ReadonlyMap<string, Chain>;
