/** Names under which things that are no classes are injected. */
export const CLOCK = 'reception.clock';
export const CONFIG = 'reception.config';
export const LOGGER = 'reception.logger';
export const PRICE_SOURCES = 'reception.price_sources';
