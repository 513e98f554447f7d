import { migrate, type MigrateOptions } from '#database';
import { migrations } from './index.js';

/** Brings every schema of a database up to date. */
export const migrateAll = (adminUrl: string, passwords: MigrateOptions['passwords']): Promise<{ applied: string[] }> =>
  migrate({ adminUrl, passwords, migrations });
