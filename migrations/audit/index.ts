import type { MigrationInterface } from 'typeorm';
import { Audit1764000020001 } from './001-audit.js';
import { RecordMany1764000020002 } from './002-record-many.js';

export const auditMigrations: (new () => MigrationInterface)[] = [Audit1764000020001, RecordMany1764000020002];
