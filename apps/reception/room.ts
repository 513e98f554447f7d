import { prefixesOf, type Room } from '#http';
import { ReceptionConfig } from './config.js';
import { receptionProblems } from './problems.js';
import { receptionModule } from './reception.module.js';

/** Who is at the door: identity, a client's overview, event log and statements; the documentation. */
export const reception: Room<ReceptionConfig> = {
  name: 'reception',
  prefixes: prefixesOf('reception'),
  problems: receptionProblems,
  config: ReceptionConfig,
  module: receptionModule,
};
