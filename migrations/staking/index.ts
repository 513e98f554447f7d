import type { MigrationInterface } from 'typeorm';
import { CreateStaking1764000080001 } from './001-create-staking.js';
import { ProtectAndAccount1764000080002 } from './002-protect-and-account.js';
import { MergeAndWriteOff1764000080003 } from './003-merge-and-write-off.js';
import { ProductsAndTerms1764000080004 } from './004-products-and-terms.js';
import { TiersAndRanges1764000080005 } from './005-tiers-and-ranges.js';
import { ExitQueue1764000080006 } from './006-exit-queue.js';
import { LossesAndRecovery1764000080007 } from './007-losses.js';
import { Operators1764000080008 } from './008-operators.js';
import { SettlementChunks1764000080009 } from './009-settlement-chunks.js';

export const stakingMigrations: (new () => MigrationInterface)[] = [
  CreateStaking1764000080001,
  ProtectAndAccount1764000080002,
  MergeAndWriteOff1764000080003,
  ProductsAndTerms1764000080004,
  TiersAndRanges1764000080005,
  ExitQueue1764000080006,
  LossesAndRecovery1764000080007,
  Operators1764000080008,
  SettlementChunks1764000080009,
];
