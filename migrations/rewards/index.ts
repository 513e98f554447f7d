import type { MigrationInterface } from 'typeorm';
import { CreateRewards1764000090001 } from './001-create-rewards.js';
import { ExecutionRewards1764000090002 } from './002-execution-rewards.js';
import { Fees1764000090003 } from './003-fees.js';
import { ReportsInFull1764000090004 } from './004-reports-in-full.js';
import { PayoutsInFull1764000090005 } from './005-payouts-in-full.js';
import { DedicatedPools1764000090006 } from './006-dedicated-pools.js';

export const rewardsMigrations: (new () => MigrationInterface)[] = [
  CreateRewards1764000090001,
  ExecutionRewards1764000090002,
  Fees1764000090003,
  ReportsInFull1764000090004,
  PayoutsInFull1764000090005,
  DedicatedPools1764000090006,
];
