import { spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { Fault } from '#kernel';
import { environment } from '../environment.js';
import { spawnWithLifeline } from '../lifeline.js';
import { databaseUser, packagedBinaries, reachableBinaries, type DatabaseUser } from './binaries.js';

export interface PostgresOptions {
  /** Folder that the database user can reach; the cluster lives in `<dir>/data`. */
  readonly dir: string;
  /** Durable (the default), or as fast as a database may be that is thrown away. */
  readonly durable?: boolean;
  readonly password?: string;
  /** Any free one unless said. */
  readonly port?: number;
}
export interface RunningPostgres {
  /** Superuser URL of the database `bailee`. */
  readonly url: string;
  readonly port: number;
  readonly fresh: boolean;
  /** Resolves when the server is gone for whatever reason. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
  /** Ends it as a crash would: every connection drops at once, nothing is written any more, the next start recovers. */
  crash(): Promise<void>;
}

const SUPERUSER = 'bailee_owner';
const READY_WITHIN_MS = 60_000;

/** Starts an embedded PostgreSQL, creating the cluster when there is none. It never outlives this process. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const user = databaseUser();
  mkdirSync(options.dir, { recursive: true });
  giveTo(options.dir, user);
  const binaries = reachableBinaries(await packagedBinaries(), user, options.dir);
  const data = join(options.dir, 'data');
  const fresh = !existsSync(join(data, 'PG_VERSION'));
  const password = passwordOf(options);
  if (fresh) initialise(binaries, options.dir, data, password, user);
  await untilReleased(data);
  const port = options.port ?? (await freePort());
  const child = spawnWithLifeline(join(binaries, 'bin', 'postgres'), serverArguments(data, port, options.durable ?? true), 'INT', {
    ...user,
    cwd: options.dir,
    env: { PATH: environment()['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
  });
  const log = collect(child);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/bailee`;
  await untilReady(url, exited, log);
  return { url, port, fresh, exited, stop: () => stop(child, exited), crash: () => crash(data, exited) };
}

function passwordOf({ dir, password }: PostgresOptions): string {
  if (password !== undefined) return password;
  const file = join(dir, 'superuser-password');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const made = randomBytes(24).toString('base64url');
  writeFileSync(file, `${made}\n`, { mode: 0o600 });
  return made;
}

function giveTo(path: string, { uid, gid }: DatabaseUser): void {
  if (uid === undefined || gid === undefined) return;
  chownSync(path, uid, gid);
}

function initialise(binaries: string, dir: string, data: string, password: string, user: DatabaseUser): void {
  rmSync(data, { recursive: true, force: true }); // a cluster that a kill left half made
  const file = join(dir, 'initdb-password');
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  giveTo(file, user);
  const half = `${data}.new`;
  rmSync(half, { recursive: true, force: true });
  const args = ['-D', half, '-U', SUPERUSER, '-A', 'scram-sha-256', '--pwfile', file, '--locale=C', '--encoding=UTF8'];
  const made = spawnSync(join(binaries, 'bin', 'initdb'), args, { ...user, cwd: dir, env: { LC_ALL: 'C' }, encoding: 'utf8' });
  rmSync(file, { force: true });
  if (made.status !== 0) throw new Fault('postgres.initdb', `initdb failed: ${made.stderr || String(made.error)}`, false);
  renameSync(half, data); // whole or not at all
}

const serverArguments = (data: string, port: number, durable: boolean): string[] => {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '400',
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    log_min_messages: 'error',
    timezone: 'UTC',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off', deadlock_timeout: '20ms' }),
  };
  return ['-D', data, '-p', String(port), ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])];
};

/** A port of loopback that nobody has now; `wanted` is tried and refused when it is taken. */
export const freePort = (wanted = 0): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });

/** After a kill -9 of its parent a server may still be shutting down: wait until it lets go of the cluster. */
async function untilReleased(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  for (let waited = 0; existsSync(file); waited += 100) {
    const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
    if (!alive(pid)) return;
    if (waited > READY_WITHIN_MS)
      throw new Fault('postgres.in_use', `another PostgreSQL (pid ${pid}) holds ${data}: is an exchange running on it?`, false);
    await pause(100);
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function collect(child: ChildProcess): () => string {
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-4000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => text;
}

async function untilReady(url: string, exited: Promise<void>, log: () => string): Promise<void> {
  let gone = false;
  void exited.then(() => (gone = true));
  const server = new URL(url);
  server.pathname = '/postgres';
  for (let waited = 0; ; waited += 50) {
    if (gone || waited > READY_WITHIN_MS) throw new Fault('postgres.no_start', `PostgreSQL did not start: ${log()}`, false);
    const client = new pg.Client({ connectionString: server.href });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const known = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', ['bailee']);
      if (known.rowCount === 0) await client.query('CREATE DATABASE bailee');
      await client.end();
      return;
    } catch {
      await client.end().catch(() => undefined);
      await pause(50);
    }
  }
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.stdin?.end();
  await Promise.race([exited, pause(20_000, undefined, { ref: false })]);
  child.stdin?.destroy();
}

/** PostgreSQL's immediate shutdown. */
async function crash(data: string, exited: Promise<void>): Promise<void> {
  process.kill(Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]), 'SIGQUIT');
  await exited;
}

/** Whether the database's user can use a folder of ours (root steps down, and its own folders may be closed to others). */
export function reachable(dir: string, user: DatabaseUser = databaseUser()): boolean {
  if (user.uid === undefined) {
    try {
      accessSync(dir, constants.W_OK | constants.X_OK);
      return true;
    } catch {
      return false;
    }
  }
  return spawnSync('sh', ['-c', `cd "$0"`, dir], { ...user, cwd: '/' }).status === 0;
}

/** A folder for the database's own data, open to its user alone. */
export function privateFolder(dir: string): string {
  mkdirSync(dir, { recursive: true });
  giveTo(dir, databaseUser());
  chmodSync(dir, 0o711);
  return dir;
}
