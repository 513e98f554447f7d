export * from './message.js';
export * from './rules.js';
export * from './reception.js';
export * from './compliance.js';
export * from './custody.js';
export * from './signer.js';
export * from './staking.js';
export * from './rewards.js';
