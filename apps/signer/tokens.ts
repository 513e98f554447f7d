/** Injection tokens of the room. */
export const CLOCK = Symbol('signer.clock');
export const CONFIG = Symbol('signer.config');
export const LOGGER = Symbol('signer.logger');
