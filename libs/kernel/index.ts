export * from './amount.js';
export * from './asset.js';
export * from './clock.js';
export * from './ids.js';
export * from './invariant.js';
export * from './machine.js';
export * from './rate.js';
export * from './result.js';
