export * from './eventually.js';
export * from './fake-clock.js';
export * from './describe-machine.js';
export * from './test-database.js';
