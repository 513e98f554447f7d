export * from './eventually.js';
export * from './fake-clock.js';
export * from './machine-spec.js';
export * from './test-database.js';
