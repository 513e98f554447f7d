import { prefixesOf, type Room } from '#http';
import { CustodyConfig } from './config.js';
import { custodyModule } from './custody.module.js';
import { custodyProblems } from './problems.js';

/** What we hold: addresses, deposits, withdrawals, transactions, reconciliation. */
export const custody: Room<CustodyConfig> = {
  name: 'custody',
  prefixes: prefixesOf('custody'),
  problems: custodyProblems,
  config: CustodyConfig,
  module: (config, metrics) => custodyModule(config, metrics),
};
