export * from './balances.js';
export * from './chart/chart.js';
export { chartDrift } from './chart/drift.js';
export * from './entries.js';
export * from './holds.js';
export * from './ledger.js';
export { outcomeOf } from './outcome.js';
export { MOST_POSTINGS, mustPost, post } from './post.js';
export * from './trial-balance.js';
