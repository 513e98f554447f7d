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
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ number: string; name: string }>(
      "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS name",
    );
    const [row] = rows;
    if (!row || Number(row.number) < OLDEST_SERVER)
      throw new Fault('database.too_old', `PostgreSQL ${row?.name ?? '?'} is too old: 15 or newer is needed`, false);
    return row.name.split(' ')[0] ?? row.name;
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('database.unreachable', `the database cannot be reached: ${(cause as Error).message}. Check DATABASE_URL.`, true, {
      cause,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}
