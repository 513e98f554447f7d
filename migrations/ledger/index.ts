import type { MigrationInterface } from 'typeorm';
import { LedgerTables1764000010001 } from './001-tables.js';
import { LedgerChart1764000010002 } from './002-chart.js';
import { LedgerPost1764000010003 } from './003-post.js';
import { LedgerPostOne1764000010004 } from './004-post-one.js';
import { LedgerAccounts1764000010005 } from './005-accounts.js';
import { LedgerHolds1764000010006 } from './006-holds.js';
import { LedgerRights1764000010007 } from './007-rights.js';
import { LedgerChartGrows1764000010008 } from './008-chart-grows.js';
import { LedgerStripes1764000010009 } from './009-stripes.js';
import { LedgerReversals1764000010010 } from './010-reversals.js';
import { LedgerPeriods1764000010011 } from './011-periods.js';
import { LedgerReading1764000010012 } from './012-reading.js';
import { LedgerMergedAndCovered1764000010013 } from './013-merged-and-covered.js';
import { LedgerPoolsInFull1764000010014 } from './014-pools-in-full.js';
import { LedgerFanOut1764000010015 } from './015-fan-out.js';

export const ledgerMigrations: (new () => MigrationInterface)[] = [
  LedgerTables1764000010001,
  LedgerChart1764000010002,
  LedgerPost1764000010003,
  LedgerPostOne1764000010004,
  LedgerAccounts1764000010005,
  LedgerHolds1764000010006,
  LedgerRights1764000010007,
  LedgerChartGrows1764000010008,
  LedgerStripes1764000010009,
  LedgerReversals1764000010010,
  LedgerPeriods1764000010011,
  LedgerReading1764000010012,
  LedgerMergedAndCovered1764000010013,
  LedgerPoolsInFull1764000010014,
  LedgerFanOut1764000010015,
];
