import type { MigrationInterface } from 'typeorm';
import { CreateRewards1764000090001 } from './001-create-rewards.js';

export const rewardsMigrations: (new () => MigrationInterface)[] = [CreateRewards1764000090001];
