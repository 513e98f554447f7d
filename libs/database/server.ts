import { DataSource, type EntityManager } from 'typeorm';
import { Fault } from '#kernel';
import { dataSourceOptions } from './database.module.js';
import { roleOf } from './room-roles.js';

const OLDEST_SERVER = 150_000;
/** How a person brings a database up to date. */
const MIGRATE = 'run `node dist/apps/exchange/migrate-main.js` with DATABASE_URL of its owner (npm start does it by itself)';

/** Host, port and database, without the credentials. Fault database.url_malformed. */
export function databaseAddress(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    if (/^postgres(ql)?:$/.test(protocol) && host !== '') return `${host}${pathname}`;
  } catch {
    // said below
  }
  throw new Fault('database.url_malformed', 'DATABASE_URL must look like postgres://user:password@host:port/database', false);
}

/** SQLSTATE and system codes of what a wrong DATABASE_URL runs into. */
const EXPLAINED: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'cannot be reached, nobody listens there: start it, or correct DATABASE_URL',
  ENOTFOUND: 'cannot be reached, no such host: correct DATABASE_URL',
  '28P01': 'refuses the login: check user and password in DATABASE_URL',
  '28000': 'refuses the login: check user and password in DATABASE_URL',
  '3D000': 'has no such database: create it, or correct DATABASE_URL',
  '42501': 'does not let this role in: check user and database in DATABASE_URL',
  '53300': 'has no connection left: raise its max_connections, or lower DATABASE_POOL of the rooms',
};

export function explainDatabase(where: string, cause: Error & { code?: string }): Fault {
  const code = cause.code ?? (cause as { driverError?: { code?: string } }).driverError?.code ?? '';
  const known = EXPLAINED[code] ?? (/password|SASL/.test(cause.message) ? EXPLAINED['28P01'] : undefined);
  const what = known ?? `cannot be reached (${cause.message || code || 'no answer'}): check DATABASE_URL`;
  return new Fault('database.unreachable', `the PostgreSQL server at ${where} ${what}`, true, { cause });
}

/** Fault database.too_old below PostgreSQL 15. */
export function refuseOldServer(where: string, number: number, name: string): void {
  if (number >= OLDEST_SERVER) return;
  throw new Fault(
    'database.too_old',
    `the server at ${where} is PostgreSQL ${name}: 15 or newer is needed. Upgrade it (pg_upgrade), set DATABASE_URL to a newer server, ` +
      'or unset it and npm start brings its own',
    false,
  );
}

export interface BootCheck {
  readonly url: string;
  readonly room: string;
  /** Names of the migrations that this build is made for. */
  readonly migrations: readonly string[];
  /** Further differences in words. */
  readonly drift?: (em: EntityManager) => Promise<string[]>;
}

/**
 * Whether a room may start on this database. Faults, each with what to do next: `database.url_malformed`, `database.unreachable`,
 * `database.too_old`, `database.wrong_role`, `database.not_migrated`, `database.newer`, `database.chart_drift`.
 */
export async function checkRoomDatabase({ url, room, migrations, drift }: BootCheck): Promise<void> {
  const where = databaseAddress(url);
  const connection = new DataSource({ ...dataSourceOptions(`${room}-boot`, url, [], 1), logging: false });
  try {
    await connection.initialize();
  } catch (cause) {
    throw explainDatabase(where, cause as Error);
  }
  try {
    const [server] = await connection.query<{ number: string; name: string; role: string }[]>(
      `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS name, session_user AS role`,
    );
    refuseOldServer(where, Number(server?.number), server?.name ?? '?');
    if (server?.role !== roleOf(room))
      throw new Fault(
        'database.wrong_role',
        `DATABASE_URL logs in as ${server?.role ?? '?'}: ${room} runs as ${roleOf(room)} and as nobody else. Give it that role's URL`,
        false,
      );
    compare(where, migrations, await appliedMigrations(connection));
    const differences = (await drift?.(connection.manager)) ?? [];
    if (differences.length > 0)
      throw new Fault(
        'database.chart_drift',
        `the chart of accounts at ${where} is not that of this build (${differences.slice(0, 3).join('; ')}${differences.length > 3 ? '; …' : ''}): ` +
          `${MIGRATE}, or start the build that the database was made by`,
        false,
      );
  } finally {
    await connection.destroy().catch(() => undefined);
  }
}

/** Null when there is no list, or none that this role may read: a database older than the list's grant is not up to date either. */
async function appliedMigrations(connection: DataSource): Promise<Set<string> | null> {
  try {
    const rows = await connection.query<{ name: string }[]>('SELECT name FROM public.schema_migration');
    return new Set(rows.map(({ name }) => name));
  } catch (error) {
    const code = (error as { driverError?: { code?: string } }).driverError?.code;
    if (code === '42P01' || code === '42501') return null;
    throw error;
  }
}

function compare(where: string, wanted: readonly string[], applied: ReadonlySet<string> | null): void {
  const missing = wanted.filter((name) => !applied?.has(name));
  if (missing.length > 0)
    throw new Fault(
      'database.not_migrated',
      `the database at ${where} is not up to date (${applied === null ? 'nothing is' : `${missing.length} of ${wanted.length} migrations are`} ` +
        `${applied === null ? 'migrated' : 'missing'}): ${MIGRATE}`,
      false,
    );
  const unknown = [...(applied ?? [])].filter((name) => !wanted.includes(name));
  if (unknown.length > 0)
    throw new Fault(
      'database.newer',
      `the database at ${where} was migrated by a newer build (${unknown[0] ?? ''}): start that build; there is no way back`,
      false,
    );
}
