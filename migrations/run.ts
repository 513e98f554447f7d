import { migrate, type MigrateOptions } from '#database';
import { migrateQueues } from '#delivery';
import { migrations } from './index.js';

/** Brings every schema of a database up to date, the queue's own tables with them. */
export const migrateAll = (adminUrl: string, passwords: MigrateOptions['passwords']): Promise<{ applied: string[] }> =>
  migrate({ adminUrl, passwords, migrations, afterwards: () => migrateQueues(adminUrl) });
