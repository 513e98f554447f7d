import pg from 'pg';
import { Fault } from '#kernel';
import { roomUrl, type MigrateOptions } from '#database';
import { rooms, type RoomName } from '#messages';
import { startHomePostgres, type Home } from '#runtime';
import { migrateAll } from '../../migrations/run.js';

const OLDEST_SERVER = 150_000;

export interface ExchangeDatabase {
  readonly adminUrl: string;
  readonly description: string;
  urlOf(room: RoomName): string;
  /** Resolves if the server goes away by itself. Never, for a server that is not ours. */
  readonly exited: Promise<void>;
  migrate(): Promise<{ applied: string[] }>;
  stop(): Promise<void>;
}

/** The server given by DATABASE_URL, else an embedded one in the home. Passwords of the rooms' roles are the home's secrets. */
export async function openDatabase(home: Home, given: string | undefined): Promise<ExchangeDatabase> {
  const passwords = Object.fromEntries(rooms.map((room) => [room, home.secret(`role-${room}`)])) as Required<MigrateOptions['passwords']>;
  const embedded = given === undefined ? await startHomePostgres(home) : null;
  const adminUrl = embedded?.url ?? given ?? '';
  const version = await serverVersion(adminUrl);
  return {
    adminUrl,
    description: `${embedded ? 'embedded ' : ''}PostgreSQL ${version}${embedded ? ` on port ${embedded.port}` : ' (DATABASE_URL)'}`,
    urlOf: (room) => roomUrl(adminUrl, room, passwords[room]),
    exited: embedded?.exited ?? new Promise(() => undefined),
    migrate: () => migrateAll(adminUrl, passwords),
    stop: async () => embedded?.stop(),
  };
}

async function serverVersion(url: string): Promise<string> {
  const where = address(url);
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ number: string; name: string; may: boolean }>(
      `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS name,
         (rolsuper OR rolcreaterole) AND has_database_privilege(current_database(), 'CREATE') AS may FROM pg_roles WHERE rolname = current_user`,
    );
    const [row] = rows;
    if (!row || Number(row.number) < OLDEST_SERVER)
      throw new Fault('database.too_old', `the server at ${where} is PostgreSQL ${row?.name ?? '?'}: 15 or newer is needed`, false);
    if (!row.may)
      throw new Fault(
        'database.no_rights',
        `the role in DATABASE_URL may not create roles and schemas at ${where}: use a superuser, or an owner of the database with CREATEROLE`,
        false,
      );
    return row.name.split(' ')[0] ?? row.name;
  } catch (cause) {
    throw cause instanceof Fault ? cause : explained(where, cause as Error & { code?: string });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Host, port and database, without the credentials. */
function address(url: string): string {
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
  ECONNREFUSED: 'cannot be reached, nobody listens there: start it, correct DATABASE_URL, or unset it to have one started',
  ENOTFOUND: 'cannot be reached, no such host: correct DATABASE_URL, or unset it to have one started',
  '28P01': 'refuses the login: check user and password in DATABASE_URL',
  '28000': 'refuses the login: check user and password in DATABASE_URL',
  '3D000': 'has no such database: create it, or correct DATABASE_URL',
};

function explained(where: string, cause: Error & { code?: string }): Fault {
  const known = EXPLAINED[cause.code ?? ''] ?? (/password|SASL/.test(cause.message) ? EXPLAINED['28P01'] : undefined);
  const what = known ?? `cannot be reached (${cause.message || cause.code || 'no answer'}): check DATABASE_URL`;
  return new Fault('database.unreachable', `the PostgreSQL server at ${where} ${what}`, true, { cause });
}
