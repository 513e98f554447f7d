export { DEMO_PRICES } from './demo.js';
export { FileSource, type FileSourceOptions } from './file-source.js';
export { HttpSource, type HttpSourceOptions } from './http-source.js';
export * from './price.js';
export { DEFAULT_MAX_AGE_MS, priceAt, pricesBySource, PricesOf } from './prices.store.js';
export { recordQuotes, type Recorded } from './recorder.js';
export type { PriceSource, Quote } from './source.js';
