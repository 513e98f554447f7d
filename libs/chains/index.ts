export type * from './observed.js';
export type * from './port.js';
