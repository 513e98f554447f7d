import type { MigrationInterface } from 'typeorm';
import { CreateStaking1764000080001 } from './001-create-staking.js';
import { ProtectAndAccount1764000080002 } from './002-protect-and-account.js';
import { MergeAndWriteOff1764000080003 } from './003-merge-and-write-off.js';

export const stakingMigrations: (new () => MigrationInterface)[] = [
  CreateStaking1764000080001,
  ProtectAndAccount1764000080002,
  MergeAndWriteOff1764000080003,
];
