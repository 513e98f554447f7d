import type { BenchRow } from '../row.js';
import { batchOfHundred } from './batch.js';
import { historyPage } from './history.js';
import { hotAccount } from './hot-account.js';
import { refusals } from './refusals.js';
import { singlePosting } from './single.js';
import { stakeTogether, stakeWhole } from './stake.js';

/** In the order they run. Rows only add to the database, and share its ledger. */
export const rows: readonly BenchRow[] = [batchOfHundred, singlePosting, refusals, hotAccount, historyPage, stakeTogether, stakeWhole];
