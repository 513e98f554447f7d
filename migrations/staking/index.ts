import type { MigrationInterface } from 'typeorm';
import { CreateStaking1764000080001 } from './001-create-staking.js';

export const stakingMigrations: (new () => MigrationInterface)[] = [CreateStaking1764000080001];
