import { DataSource, type MigrationInterface } from 'typeorm';
import { rooms } from '#messages';

export type MigrationClass = new () => MigrationInterface;
export interface MigrateOptions {
  /** Superuser (or CREATEROLE owner) of the database. */
  readonly adminUrl: string;
  readonly migrations: readonly MigrationClass[];
  /** Password of each room's LOGIN role; a role without one cannot log in. */
  readonly passwords: Readonly<Partial<Record<(typeof rooms)[number], string>>>;
  /** Steps that are not TypeORM's (the queue's own tables), run after the migrations. */
  readonly afterwards?: (admin: DataSource) => Promise<void>;
}

export const roleOf = (room: string): string => `bailee_${room}`;
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
    await prepareRoles(admin, options.passwords);
    const applied = await admin.runMigrations();
    await options.afterwards?.(admin);
    return { applied: applied.map((m) => m.name) };
  } finally {
    await holder.query('SELECT pg_advisory_unlock($1)', [LOCK]).catch(() => undefined);
    await holder.release();
    await admin.destroy();
  }
}

/** Roles belong to the whole server, so several databases (tests) share them; nothing is dropped. */
async function prepareRoles(admin: DataSource, passwords: MigrateOptions['passwords']): Promise<void> {
  await ensureRole(admin, 'bailee_room', 'NOLOGIN');
  for (const room of rooms) {
    const role = roleOf(room);
    await ensureRole(admin, role, 'NOLOGIN');
    await admin.query(`GRANT bailee_room TO ${role}`);
    const password = passwords[room];
    if (password !== undefined) await admin.query(`ALTER ROLE ${role} LOGIN PASSWORD '${password.replaceAll("'", "''")}'`);
  }
  await admin.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  const [{ name }] = await admin.query<[{ name: string }]>('SELECT current_database() AS name');
  await admin.query(`REVOKE ALL ON DATABASE "${name}" FROM PUBLIC`);
  await admin.query(`GRANT CONNECT, TEMPORARY ON DATABASE "${name}" TO bailee_room`);
}

async function ensureRole(admin: DataSource, role: string, attributes: string): Promise<void> {
  await admin.query(`DO $$ BEGIN CREATE ROLE ${role} ${attributes}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`);
}

/** The URL of a room's own role on the server of `adminUrl`. */
export function roomUrl(adminUrl: string, room: string, password: string): string {
  const url = new URL(adminUrl);
  url.username = roleOf(room);
  url.password = encodeURIComponent(password);
  return url.href;
}
