/** A server of our own with everything durable, or that of TEST_DATABASE_URL, and on it a migrated database that is dropped at the end. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { roomUrl } from '#database';
import { rooms } from '#messages';
import { environment, startPostgres } from '#runtime';
import { migrateAll } from '../migrations/run.js';
import type { Bench } from './row.js';

export interface OpenBench extends Bench {
  readonly admin: pg.Client;
  readonly server: string;
  close(): Promise<void>;
}

/** Of roles on a server that is thrown away or a test server on loopback. */
const PASSWORD = 'test-only';

export async function openBench(quick = false): Promise<OpenBench> {
  const given = environment()['TEST_DATABASE_URL'];
  const own = given ? null : await startOwn();
  const serverUrl = given ?? own?.url ?? '';
  const name = `bench_${randomBytes(6).toString('hex')}`;
  await once(serverUrl, `CREATE DATABASE ${name}`);
  const at = new URL(serverUrl);
  at.pathname = `/${name}`;
  const adminUrl = at.href;
  await migrateAll(adminUrl, Object.fromEntries(rooms.map((room) => [room, PASSWORD])));
  const admin = new pg.Client({ connectionString: adminUrl, application_name: 'bench-admin' });
  await admin.connect();
  const { rows } = await admin.query<{ server: string }>(
    `SELECT format('PostgreSQL %s, fsync %s, synchronous_commit %s', current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')) AS server`,
  );
  const last: (() => Promise<void>)[] = [];
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    for (const work of last) await work();
    await admin.end();
    await once(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    await own?.stop();
  };
  return {
    quick,
    adminUrl,
    admin,
    server: rows[0]?.server ?? '',
    url: (room) => roomUrl(adminUrl, room, PASSWORD),
    rows: async <R extends object>(sql: string) => (await admin.query<R>(sql)).rows,
    beforeClose: (work) => void last.push(work),
    close: () => (closed ??= close()),
  };
}

async function startOwn(): Promise<{ url: string; stop: () => Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), 'bailee-bench-'));
  const running = await startPostgres({ dir, durable: true });
  return {
    url: running.url,
    stop: async () => {
      await running.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function once(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
