import { existsSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { roomUrl } from '#database';
import { chartDrift } from '#ledger';
import { rooms } from '#messages';
import { migrations } from '../../../migrations/index.js';
import { fail, fine, skip, warn, type Check, type Finding } from './checklist.js';
import { asEntityManager, row, type DatabaseMissing, type Surroundings } from './surroundings.js';

const OLDEST = 150_000;
/** Connections that one process of every room may take: DATABASE_POOL of each, queues, locks, notifications. */
const CONNECTIONS = 100;
const SKEW_WARN_MS = 1_000;
const SKEW_FAIL_MS = 30_000;
const LONG_WRITE_SECONDS = 60;

export function databaseChecks(around: Surroundings): Check[] {
  const { database } = around;
  const group = 'Database';
  if (database.state !== 'there') return [{ group, name: 'server', look: () => missing(database) }];
  const { client } = database;
  return [
    { group, name: 'server', look: () => server(client, database.embedded) },
    { group, name: 'durability', look: () => durability(client) },
    { group, name: 'connections', look: () => connections(client) },
    { group, name: 'clock', look: () => clock(client) },
    { group, name: 'migrations', look: () => migrated(client) },
    { group, name: 'chart of accounts', look: () => chart(database.url) },
    { group, name: 'logins of the rooms', look: () => logins(around, database.url) },
    { group, name: 'long transactions', look: () => longTransactions(client) },
  ];
}

const missing = ({ state, why }: DatabaseMissing): Finding =>
  state === 'none' ? skip(why) : fail(`cannot be reached: ${why}`, 'start it, or correct DATABASE_URL');

async function server(client: pg.Client, embedded: boolean): Promise<Finding> {
  const { number, name, may } = await row<{ number: string; name: string; may: boolean }>(
    client,
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS name,
       (rolsuper OR rolcreaterole) AND has_database_privilege(current_database(), 'CREATE') AS may FROM pg_roles WHERE rolname = current_user`,
  );
  const found = `${embedded ? 'embedded ' : ''}PostgreSQL ${name.split(' ')[0] ?? name}`;
  if (Number(number) < OLDEST)
    return fail(found, 'upgrade the server to PostgreSQL 15 or newer, or unset DATABASE_URL to have one started');
  if (!may)
    return fail(
      `${found}, and this role may not create roles and schemas`,
      'give DATABASE_URL a superuser, or an owner of the database with CREATEROLE',
    );
  return fine(found);
}

/** A commit that the disk does not have is a promise that a power cut breaks. */
async function durability(client: pg.Client): Promise<Finding> {
  const names = ['fsync', 'full_page_writes', 'synchronous_commit'];
  const { rows } = await client.query<{ name: string; setting: string }>('SELECT name, setting FROM pg_settings WHERE name = ANY ($1)', [
    names,
  ]);
  const off = rows.filter(({ setting }) => setting === 'off').map(({ name }) => name);
  return off.length === 0
    ? fine('fsync, full_page_writes and synchronous_commit are on')
    : fail(
        `${off.join(', ')} off: a crash may lose what was confirmed`,
        `set ${off.map((name) => `${name} = on`).join(', ')} and restart the server`,
      );
}

async function connections(client: pg.Client): Promise<Finding> {
  const { most, used } = await row<{ most: string; used: string }>(
    client,
    `SELECT current_setting('max_connections') AS most, (SELECT count(*) FROM pg_stat_activity) AS used`,
  );
  const found = `${used} of ${most} in use`;
  if (Number(used) > Number(most) * 0.9) return fail(found, 'raise max_connections, or lower DATABASE_POOL');
  return Number(most) >= CONNECTIONS
    ? fine(found)
    : warn(found, `set max_connections to ${CONNECTIONS} or more for one process of each room`);
}

/** Leases, cool-downs and statements go by these clocks. */
async function clock(client: pg.Client): Promise<Finding> {
  const asked = performance.now();
  const { now } = await row<{ now: string }>(client, 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::text AS now');
  const took = performance.now() - asked;
  const skew = Math.abs(performance.timeOrigin + asked + took / 2 - Number(now));
  const found = `this machine and the database differ by ${Math.round(skew)} ms`;
  const fix = 'synchronise both machines by NTP';
  if (skew > SKEW_FAIL_MS) return fail(found, fix);
  return skew > SKEW_WARN_MS ? warn(found, fix) : fine(found);
}

async function migrated(client: pg.Client): Promise<Finding> {
  const { there } = await row<{ there: boolean }>(client, `SELECT to_regclass('public.schema_migration') IS NOT NULL AS there`);
  if (!there)
    return warn('nothing has been migrated into this database', 'npm start migrates; rooms apart: node dist/apps/exchange/migrate-main.js');
  const { rows } = await client.query<{ name: string }>('SELECT name FROM public.schema_migration ORDER BY id');
  const applied = new Set(rows.map(({ name }) => name));
  const known = migrations.map(({ name }) => name);
  const lacking = known.filter((name) => !applied.has(name));
  const foreign = [...applied].filter((name) => !known.includes(name));
  if (foreign.length > 0)
    return fail(
      `the database has been migrated by a newer version: ${foreign.join(', ')}`,
      'run that version: this one does not know these tables',
    );
  if (lacking.length > 0)
    return warn(
      `${lacking.length} to be applied: ${lacking.join(', ')}`,
      'npm start applies them; rooms apart: node dist/apps/exchange/migrate-main.js',
    );
  return fine(`${applied.size} applied, none missing`);
}

const chart = (url: string): Promise<Finding> =>
  asEntityManager(url, async (em) => {
    const [ledger] = await em.query<{ there: boolean }[]>(`SELECT to_regnamespace('ledger') IS NOT NULL AS there`);
    if (ledger?.there !== true) return skip('no ledger yet');
    const drift = await chartDrift(em);
    return drift.length === 0
      ? fine('the database and the code agree on every account and transfer kind')
      : fail(drift.join('; '), 'apply the migrations of this version; a room refuses to start until they agree');
  });

/** With the passwords that the home keeps. */
async function logins({ home }: Surroundings, url: string): Promise<Finding> {
  const known = rooms.filter((room) => existsSync(home.path('secrets', `role-${room}`)));
  if (known.length === 0) return skip('this home keeps no passwords of roles');
  const refused: string[] = [];
  for (const room of known) {
    const password = readFileSync(home.path('secrets', `role-${room}`), 'utf8').trim();
    const client = new pg.Client({ connectionString: roomUrl(url, room, password), connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    await client.connect().catch((error: unknown) => refused.push(`${room} (${(error as Error).message})`));
    await client.end().catch(() => undefined);
  }
  return refused.length === 0
    ? fine(`${known.join(', ')} can log in`)
    : fail(
        `refused: ${refused.join(', ')}`,
        'start the exchange of this home again: it sets the passwords anew. Roles belong to the whole server: two homes cannot share one',
      );
}

/** The oldest writer holds back the sealing of everything that was committed after it began. */
async function longTransactions(client: pg.Client): Promise<Finding> {
  const { count, oldest } = await row<{ count: string; oldest: string | null }>(
    client,
    `SELECT count(*) AS count, max(extract(epoch FROM clock_timestamp() - xact_start))::int::text AS oldest FROM pg_stat_activity
      WHERE backend_xid IS NOT NULL AND xact_start < clock_timestamp() - make_interval(secs => ${LONG_WRITE_SECONDS})`,
  );
  return count === '0'
    ? fine(`none writes for longer than ${LONG_WRITE_SECONDS} s`)
    : warn(
        `${count} write for up to ${oldest ?? '?'} s`,
        'see pg_stat_activity: what was committed since cannot be sealed, nor cleaned up, before they end',
      );
}
