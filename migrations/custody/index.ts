import type { MigrationInterface } from 'typeorm';
import { CreateCustody1764000060001 } from './001-create-custody.js';
import { CustodyWholeTransactions1764000060002 } from './002-whole-transactions.js';
import { CustodyFundsWithoutOwner1764000060003 } from './003-funds-without-owner.js';
import { CustodyPeriodCloses1764000060004 } from './004-period-closes.js';
import { CustodyCoverAndRecovery1764000060005 } from './005-cover-and-recovery.js';
import { CustodyDedicatedVaults1764000060006 } from './006-dedicated-vaults.js';

export const custodyMigrations: (new () => MigrationInterface)[] = [
  CreateCustody1764000060001,
  CustodyWholeTransactions1764000060002,
  CustodyFundsWithoutOwner1764000060003,
  CustodyPeriodCloses1764000060004,
  CustodyCoverAndRecovery1764000060005,
  CustodyDedicatedVaults1764000060006,
];
