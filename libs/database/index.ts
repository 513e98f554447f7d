export * from './batcher.js';
export * from './columns.js';
export * from './database.module.js';
export * from './migrate.js';
export * from './transactor.js';
export * from './room-roles.js';
export * from './server.js';
