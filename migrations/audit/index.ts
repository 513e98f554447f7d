import type { MigrationInterface } from 'typeorm';
import { Audit1764000020001 } from './001-audit.js';

export const auditMigrations: (new () => MigrationInterface)[] = [Audit1764000020001];
