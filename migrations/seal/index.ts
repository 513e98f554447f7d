import type { MigrationInterface } from 'typeorm';
import { Seal1764000025001 } from './001-seal.js';

export const sealMigrations: (new () => MigrationInterface)[] = [Seal1764000025001];
