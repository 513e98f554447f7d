import type { MigrationInterface } from 'typeorm';
import { CreateStaking1764000080001 } from './001-create-staking.js';
import { ProtectAndAccount1764000080002 } from './002-protect-and-account.js';
import { MergeAndWriteOff1764000080003 } from './003-merge-and-write-off.js';
import { ProductsAndTerms1764000080004 } from './004-products-and-terms.js';

export const stakingMigrations: (new () => MigrationInterface)[] = [
  CreateStaking1764000080001,
  ProtectAndAccount1764000080002,
  MergeAndWriteOff1764000080003,
  ProductsAndTerms1764000080004,
];
