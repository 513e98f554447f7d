/** Injection tokens of the room. */
export const CLOCK = Symbol('custody.clock');
export const CONFIG = Symbol('custody.config');
export const LOGGER = Symbol('custody.logger');
