import { TempLast1764000990001 } from './001-temp-last.js';

/** What concerns the functions of every schema: after all others. */
export const houseMigrations = [TempLast1764000990001];
