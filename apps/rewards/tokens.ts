import type { Chain } from '#chains';

/** Injection tokens of the room. */
export const CLOCK = Symbol('rewards.clock');
export const CONFIG = Symbol('rewards.config');
export const LOGGER = Symbol('rewards.logger');
export const CHAINS = Symbol('rewards.chains');

/** The chains whose validators are observed, by name. */
export type Chains = ReadonlyMap<string, Chain>;
