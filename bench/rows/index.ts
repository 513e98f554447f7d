import type { BenchRow } from '../row.js';
import { batchOfHundred } from './batch.js';
import { coldStart } from './cold-start.js';
import { historyPage } from './history.js';
import { hotAccount } from './hot-account.js';
import { againstPgledger } from './pgledger.js';
import { poolRows } from './pools.js';
import { relayRows } from './relay.js';
import { refusals } from './refusals.js';
import { singlePosting } from './single.js';
import { monthlyStatements } from './statements.js';
import { stakeTogether, stakeWhole } from './stake.js';
import { batchAgainstUsual, singleAgainstUsual } from './usual-way.js';

/** In the order they run. Rows only add to the database, and share its ledger. */
export const rows: readonly BenchRow[] = [
  batchOfHundred,
  singlePosting,
  batchAgainstUsual,
  singleAgainstUsual,
  refusals,
  hotAccount,
  historyPage,
  monthlyStatements,
  stakeTogether,
  stakeWhole,
  ...relayRows,
  ...poolRows,
  coldStart,
  ...againstPgledger,
];
