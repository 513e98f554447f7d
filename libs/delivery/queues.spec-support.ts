/** For the specs of this folder: the same suite on each backend, and a Redis whose line can be cut. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPostgresBackend, createRedisBackend, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { roleOf } from '#database';
import { rooms } from '#messages';
import { environment, freePort, spawnWithLifeline } from '#runtime';
import { eventually, type TestDatabase } from '#testing';
import { migrateQueues } from './migrate-queues.js';
import { queuePrefix } from './open-queues.js';

/** Where the queues of a suite live, and what may befall them. */
export interface TestQueues {
  readonly redisUrl: string | undefined;
  /** Everything in the queues is lost, the server goes on. */
  empty(): Promise<void>;
  /** Nothing can be reached any more, and what was there is lost. */
  takeAway(): Promise<void>;
  bringBack(): Promise<void>;
  /** kill -9 of what carries the queues (on PostgreSQL: of every session of the database), which is back at once. */
  crash(): Promise<void>;
  /** A worker of another process takes a job and is killed: it never says a word again. Answers with how to clear up after it. */
  abandon(id: string): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** A Redis that may be emptied (TEST_REDIS_URL), else a throw-away `redis-server` of this machine, else none. */
const given = environment()['TEST_REDIS_URL'];
const binary = environment()['TEST_REDIS_SERVER'] ?? 'redis-server';
export const hasRedisServer = spawnSync(binary, ['--version']).status === 0;
const hasRedis = given !== undefined || hasRedisServer;

/** Declares the suite twice. Without a Redis its second half counts as skipped, and its title says why. */
export function describeOnEachBackend(suite: (open: (db: TestDatabase) => Promise<TestQueues>) => void): void {
  describe('on PostgreSQL', () => suite(onPostgres));
  describeOnRedis('on Redis', () => suite(onRedis));
}
export const describeOnRedis = (title: string, suite: () => void): void =>
  hasRedis ? describe(title, suite) : describe.skip(`${title} (no redis-server on the PATH and no TEST_REDIS_URL)`, suite);

export async function onPostgres(db: TestDatabase): Promise<TestQueues> {
  return {
    redisUrl: undefined,
    empty: async () => void (await db.admin.query('DELETE FROM bullmq.job; DELETE FROM bullmq.scheduler')),
    // workers under way may hold locks the other way round: then PostgreSQL ends one of the two
    takeAway: () => eventually(() => db.admin.query('DROP SCHEMA IF EXISTS bullmq CASCADE').then(() => true)).then(() => undefined),
    bringBack: () => migrateQueues(db.adminUrl),
    crash: () => endSessions(db),
    abandon: async (id) => {
      const connection = new pg.Pool({ connectionString: db.url('rewards'), max: 3, options: '-c search_path=bullmq' });
      const queue = new Queue('rewards', { connection }, createPostgresBackend);
      const worker = new Worker('rewards', null, { connection, autorun: false, lockDuration: 500 }, createPostgresBackend);
      await abandoned(queue, worker, id);
      return async () => {
        await worker.close(true);
        await queue.close();
        await connection.end();
      };
    },
    close: () => Promise.resolve(),
  };
}

export async function onRedis(db: TestDatabase): Promise<TestQueues & { readonly line: Line; readonly admin: Redis }> {
  const server = given === undefined ? await startRedis() : { url: given, stop: () => Promise.resolve(), crash: () => empty() };
  const admin = new Redis(server.url);
  const line = await Line.to(server.url);
  const empty = async (): Promise<void> => {
    await admin.flushall();
    await admin.script('FLUSH');
  };
  return {
    redisUrl: line.url,
    line,
    admin,
    empty,
    takeAway: async () => {
      await line.cut();
      await empty();
    },
    bringBack: () => line.mend(),
    crash: () => server.crash(),
    abandon: async (id) => {
      const prefix = await (await db.transactor('rewards')).run(queuePrefix);
      const connection = new Redis(server.url, { maxRetriesPerRequest: null });
      const queue = new Queue('rewards', { connection, prefix }, createRedisBackend);
      const worker = new Worker('rewards', null, { connection, prefix, autorun: false, lockDuration: 500 }, createRedisBackend);
      await abandoned(queue, worker, id);
      return async () => {
        await worker.close(true);
        await queue.close();
        connection.disconnect();
      };
    },
    close: async () => {
      await line.cut();
      admin.disconnect();
      await server.stop();
    },
  };
}

interface Watched {
  on(event: 'error', listener: () => void): unknown;
}
interface Adds extends Watched {
  add(name: string, data: object, opts: { jobId: string }): Promise<unknown>;
}
interface Takes extends Watched {
  getNextJob(token: string): Promise<{ id?: string } | undefined>;
}

async function abandoned(queue: Adds, worker: Takes, id: string): Promise<void> {
  for (const one of [queue, worker]) one.on('error', () => undefined); // its server may be killed too
  await queue.add('delivery', { id }, { jobId: id });
  const taken = await worker.getNextJob('token');
  if (taken?.id !== id) throw new Error(`took ${String(taken?.id)}, not ${id}`);
}

/** Every session of the rooms, as a restart of PostgreSQL would end them. */
export const endSessions = async (db: TestDatabase): Promise<void> =>
  void (await db.admin.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = ANY ($1)',
    [rooms.map(roleOf)],
  ));

/** A `redis-server` on loopback that keeps nothing and ends with this process. */
export async function startRedis(...more: string[]): Promise<{ url: string; stop(): Promise<void>; crash(): Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), 'bailee-redis-'));
  const port = await freePort();
  const pidFile = join(dir, 'pid');
  const settings = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', dir, '--pidfile', pidFile];
  const launch = async () => {
    const child = spawnWithLifeline(binary, [...settings, ...more], 'TERM', {});
    child.stdout?.resume();
    child.stderr?.resume();
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    await eventually(() => accepts(port));
    return { child, exited };
  };
  let running = await launch();
  const gone = async (): Promise<void> => {
    await running.exited;
    running.child.stdin?.destroy();
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      running.child.stdin?.end();
      await gone();
      rmSync(dir, { recursive: true, force: true });
    },
    crash: async () => {
      process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
      await gone();
      running = await launch();
    },
  };
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** The way to a server: it can be cut (connections are refused) or fall silent (they are accepted and nothing comes back), and be mended. */
export class Line {
  private readonly sockets = new Set<Socket>();
  private server: Server | null = null;
  private port = 0;
  private silent = false;
  private constructor(private readonly target: URL) {}

  static async to(url: string): Promise<Line> {
    const line = new Line(new URL(url));
    await line.mend();
    return line;
  }

  get url(): string {
    const url = new URL(this.target.href);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  fallSilent(): void {
    this.silent = true;
    for (const socket of this.sockets) socket.pause().unpipe();
  }

  async cut(): Promise<void> {
    const { server } = this;
    this.server = null;
    this.hangUp();
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  async mend(): Promise<void> {
    this.silent = false;
    this.hangUp();
    if (this.server) return;
    const server = createServer((near) => this.carry(near));
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(this.port, '127.0.0.1', () => resolve()));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  private carry(near: Socket): void {
    const far = connect(Number(this.target.port || '6379'), this.target.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(one);
      one
        .on('error', () => undefined)
        .on('close', () => {
          this.sockets.delete(one);
          other.destroy();
        });
      if (!this.silent) one.pipe(other);
    }
  }

  private hangUp(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
