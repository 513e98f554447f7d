import pg from 'pg';
import { Fault } from '#kernel';
import { databaseAddress, explainDatabase, refuseOldServer, roomUrl } from '#database';
import { rooms, type RoomName } from '#messages';
import { environment, startHomePostgres, type Environment, type Home } from '#runtime';
import { migrateAll } from '../../migrations/run.js';

export interface ExchangeDatabase {
  readonly adminUrl: string;
  readonly description: string;
  urlOf(room: RoomName): string;
  /** Resolves if the server goes away by itself. Never, for a server that is not ours. */
  readonly exited: Promise<void>;
  migrate(): Promise<{ applied: string[] }>;
  stop(): Promise<void>;
}

/** The server given by DATABASE_URL, else an embedded one in the home. Passwords of the rooms' roles are given, or the home's secrets. */
export async function openDatabase(home: Home, given: string | undefined): Promise<ExchangeDatabase> {
  const passwords = passwordsOf(home, environment());
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

const passwordsOf = (home: Home, env: Environment): Record<RoomName, string> =>
  Object.fromEntries(rooms.map((room) => [room, env[`${room.toUpperCase()}_PASSWORD`] ?? home.secret(`role-${room}`)])) as Record<
    RoomName,
    string
  >;

async function serverVersion(url: string): Promise<string> {
  const where = databaseAddress(url);
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ number: string; name: string; may: boolean }>(
      `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS name,
         (rolsuper OR rolcreaterole) AND has_database_privilege(current_database(), 'CREATE') AS may FROM pg_roles WHERE rolname = current_user`,
    );
    const [row] = rows;
    refuseOldServer(where, Number(row?.number), row?.name ?? '?');
    if (!row?.may)
      throw new Fault(
        'database.no_rights',
        `the role in DATABASE_URL may not create roles and schemas at ${where}: use a superuser, or an owner of the database with CREATEROLE`,
        false,
      );
    return row.name.split(' ')[0] ?? row.name;
  } catch (cause) {
    throw cause instanceof Fault ? cause : explainDatabase(where, cause as Error & { code?: string });
  } finally {
    await client.end().catch(() => undefined);
  }
}
