export * from './eventually.js';
export * from './fake-clock.js';
export * from './describe-machine.js';
export * from './kill-switch.js';
export * from './test-database.js';
export * from './opened-room.js';
export * from './people.js';
export * from './signed-request.js';
