import pg from 'pg';
import type { DataSource } from 'typeorm';
import { Fault } from '#kernel';
import { rooms, type RoomName } from '#messages';

export type RoomPasswords = Readonly<Partial<Record<RoomName, string>>>;

export const roleOf = (room: string): string => `bailee_${room}`;

/** The URL of a room's own role on the server of `adminUrl`. */
export function roomUrl(adminUrl: string, room: string, password: string): string {
  const url = new URL(adminUrl);
  url.username = roleOf(room);
  url.password = encodeURIComponent(password);
  return url.href;
}

/**
 * Roles belong to the whole server, so several databases (tests, two exchanges) share them; nothing is dropped. Each room's role may log in with
 * its password afterwards. One that already may is left alone. Fault `database.roles_taken` rather than lock another database's rooms out.
 */
export async function prepareRoles(admin: DataSource, adminUrl: string, passwords: RoomPasswords): Promise<void> {
  await ensureRole(admin, 'bailee_room');
  for (const room of rooms) {
    await ensureRole(admin, roleOf(room));
    await admin.query(`GRANT bailee_room TO ${roleOf(room)}`);
  }
  await admin.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  const [{ name }] = await admin.query<[{ name: string }]>('SELECT current_database() AS name');
  await admin.query(`REVOKE ALL ON DATABASE "${name}" FROM PUBLIC`);
  await admin.query(`GRANT CONNECT, TEMPORARY ON DATABASE "${name}" TO bailee_room`);
  await setPasswords(admin, adminUrl, passwords);
}

async function setPasswords(admin: DataSource, adminUrl: string, passwords: RoomPasswords): Promise<void> {
  const strange: [RoomName, string][] = [];
  for (const room of rooms) {
    const password = passwords[room];
    if (password !== undefined && !(await logsIn(roomUrl(adminUrl, room, password)))) strange.push([room, password]);
  }
  if (strange.length === 0) return;
  const other = await otherOwner(admin);
  if (other !== null)
    throw new Fault(
      'database.roles_taken',
      `the roles of the rooms (${strange.map(([room]) => roleOf(room)).join(', ')}) have the passwords of the exchange on the database "${other}" of this server, ` +
        'and a server has each role once: setting them would lock that exchange out. Use a server of its own, or give both exchanges the same ' +
        'passwords (RECEPTION_PASSWORD, COMPLIANCE_PASSWORD, …), or drop that database',
      false,
    );
  for (const [room, password] of strange)
    await admin.query(`ALTER ROLE ${roleOf(room)} LOGIN PASSWORD '${password.replaceAll("'", "''")}'`);
  const [{ mark }] = await admin.query<[{ mark: string }]>(
    `SELECT '${MARK}' || oid AS mark FROM pg_database WHERE datname = current_database()`,
  );
  await admin.query(`COMMENT ON ROLE bailee_room IS '${mark}'`);
}

/** Kept as a comment on the group's role: whose passwords these are. */
const MARK = 'passwords by the database ';

/** The name of another database, still there, that the passwords were set for. */
async function otherOwner(admin: DataSource): Promise<string | null> {
  const [other] = await admin.query<{ name: string }[]>(
    `SELECT d.datname AS name FROM pg_roles r JOIN pg_database d ON shobj_description(r.oid, 'pg_authid') = $1 || d.oid
      WHERE r.rolname = 'bailee_room' AND d.datname <> current_database()`,
    [MARK],
  );
  return other?.name ?? null;
}

async function logsIn(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, application_name: 'bailee-migrate' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function ensureRole(admin: DataSource, role: string): Promise<void> {
  await admin.query(`DO $$ BEGIN CREATE ROLE ${role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`);
}
