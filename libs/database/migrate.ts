import { DataSource, type MigrationInterface } from 'typeorm';
import { prepareRoles, type RoomPasswords } from './room-roles.js';

export type MigrationClass = new () => MigrationInterface;
export interface MigrateOptions {
  /** Superuser (or CREATEROLE owner) of the database. */
  readonly adminUrl: string;
  readonly migrations: readonly MigrationClass[];
  /** Password of each room's LOGIN role; a role without one cannot log in. */
  readonly passwords: RoomPasswords;
  /** Steps that are not TypeORM's (the queue's own tables), run after the migrations. */
  readonly afterwards?: (admin: DataSource) => Promise<void>;
}

/** Arbitrary, fixed: one migrator at a time. */
const LOCK = 7_201_501;

/** Brings a database up to date: roles, then each schema's migrations in order. Safe to run again and by several at once. */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[] }> {
  const admin = new DataSource({
    type: 'postgres',
    url: options.adminUrl,
    migrations: [...options.migrations],
    migrationsTableName: 'schema_migration',
    migrationsTransactionMode: 'each',
    poolSize: 3,
    applicationName: 'bailee-migrate',
  });
  await admin.initialize();
  const holder = admin.createQueryRunner();
  try {
    await holder.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await prepareRoles(admin, options.adminUrl, options.passwords);
    const applied = await admin.runMigrations();
    await admin.query('GRANT SELECT ON public.schema_migration TO bailee_room'); // a room looks at its boot whether it fits
    await options.afterwards?.(admin);
    return { applied: applied.map((m) => m.name) };
  } finally {
    await holder.query('SELECT pg_advisory_unlock($1)', [LOCK]).catch(() => undefined);
    await holder.release();
    await admin.destroy();
  }
}
