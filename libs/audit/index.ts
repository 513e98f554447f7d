export * from './record.js';
export * from './search.js';
