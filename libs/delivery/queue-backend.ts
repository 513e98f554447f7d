import { createPostgresBackend, createRedisBackend, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Logger } from '#runtime';
import { QUEUE_SCHEMA } from './migrate-queues.js';

export interface QueueConnection {
  readonly DATABASE_URL: string;
  /** Unset: the queues live on PostgreSQL. */
  readonly REDIS_URL?: string;
}
export interface Closable {
  close(): Promise<void>;
}

/** What is asked of a queue, the same on both backends. Jobs carry `T` and leave nothing behind when they end. */
export interface JobQueue<T> extends Closable {
  /** An id that is queued already is not queued again. */
  add(jobs: readonly { readonly id: string; readonly data: T }[]): Promise<void>;
  remove(id: string): Promise<void>;
  waiting(): Promise<number>;
  schedule(name: string, everyMs: number, data: T): Promise<void>;
  scheduled(name: string): Promise<{ readonly everyMs: number | undefined; readonly next: Date | undefined } | null>;
  unschedule(name: string): Promise<void>;
}

/** Where BullMQ keeps its jobs: on Redis where there is one, on PostgreSQL otherwise. Every queue and worker logs its errors. */
export interface QueueBackend extends Closable {
  readonly kind: 'postgres' | 'redis';
  queue<T>(name: string): JobQueue<T>;
  worker(name: string, work: (data: unknown) => Promise<void>, concurrency: number): Closable;
}

export function queueBackend(config: QueueConnection, log: Logger): QueueBackend {
  const report = onceInAWhile(log);
  return config.REDIS_URL === undefined ? onPostgres(config.DATABASE_URL, report) : onRedis(config.REDIS_URL, report);
}

type Report = (error: Error) => void;

const queueOptions = { defaultJobOptions: { removeOnComplete: true, removeOnFail: true }, streams: { events: { maxLen: 100 } } };
/** A worker that dies gives its jobs back within seconds, as often as it takes. */
const workerOptions = {
  lockDuration: 15_000,
  stalledInterval: 5_000,
  maxStalledCount: 1_000_000,
  runRetryDelay: 500,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
};

/** Connections of one room to its queues: each worker listens on one, the others are shared by all. */
const POOL = 6;

function onPostgres(url: string, report: Report): QueueBackend {
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL,
    keepAlive: true,
    application_name: 'bailee-queue',
    // A queue that may be lost need not wait for the disk: the deliveries themselves are the truth, and do.
    options: `-c search_path=${QUEUE_SCHEMA} -c synchronous_commit=off`,
  });
  pool.setMaxListeners(50); // each queue and worker listens for its errors
  pool.on('error', report);
  return {
    kind: 'postgres',
    queue: <T>(name: string) => jobQueue<T>(watched(new Queue(name, { connection: pool, ...queueOptions }, createPostgresBackend), report)),
    worker: (name, work, concurrency) =>
      watched(
        new Worker(name, (job) => work(job.data), { connection: pool, ...workerOptions, concurrency }, createPostgresBackend),
        report,
      ),
    close: () => pool.end(),
  };
}

function onRedis(url: string, report: Report): QueueBackend {
  // A producer that gives up while Redis is away (its rows stay in PostgreSQL), and a worker that waits for it.
  const producing = watched(new Redis(url, { maxRetriesPerRequest: 1, connectTimeout: 5_000 }), report);
  const working = watched(new Redis(url, { maxRetriesPerRequest: null }), report);
  return {
    kind: 'redis',
    queue: <T>(name: string) =>
      jobQueue<T>(watched(new Queue(name, { connection: producing, ...queueOptions }, createRedisBackend), report)),
    worker: (name, work, concurrency) =>
      watched(
        new Worker(name, (job) => work(job.data), { connection: working, ...workerOptions, concurrency }, createRedisBackend),
        report,
      ),
    close: () => {
      producing.disconnect();
      working.disconnect();
      return Promise.resolve();
    },
  };
}

/** The part of BullMQ's Queue that both backends type alike. */
interface BullQueue {
  add(name: string, data: unknown, opts: { jobId: string }): Promise<unknown>;
  addBulk(jobs: { name: string; data: unknown; opts: { jobId: string } }[]): Promise<unknown>;
  remove(id: string): Promise<number>;
  getWaitingCount(): Promise<number>;
  upsertJobScheduler(name: string, every: { every: number }, template: { name: string; data: unknown }): Promise<unknown>;
  getJobScheduler(name: string): Promise<{ every?: number; next?: number } | undefined>;
  removeJobScheduler(name: string): Promise<boolean>;
  close(): Promise<void>;
}

function jobQueue<T>(queue: BullQueue): JobQueue<T> {
  return {
    add: async (jobs) => {
      const [first, ...others] = jobs.map(({ id, data }) => ({ name: 'delivery', data, opts: { jobId: id } }));
      // one is added by a plain statement; many, on PostgreSQL, by way of temporary tables, which do not pay for one
      if (first !== undefined && others.length === 0) await queue.add(first.name, first.data, first.opts);
      else if (first !== undefined) await queue.addBulk([first, ...others]);
    },
    remove: async (id) => void (await queue.remove(id)),
    waiting: () => queue.getWaitingCount(),
    schedule: async (name, everyMs, data) => void (await queue.upsertJobScheduler(name, { every: everyMs }, { name, data })),
    scheduled: async (name) => {
      const known = await queue.getJobScheduler(name);
      return known === undefined ? null : { everyMs: known.every, next: known.next === undefined ? undefined : new Date(known.next) };
    },
    unschedule: async (name) => void (await queue.removeJobScheduler(name)),
    close: () => queue.close(),
  };
}

function watched<E extends { on(event: 'error', listener: Report): unknown }>(emitter: E, report: Report): E {
  emitter.on('error', report);
  return emitter;
}

const QUIET_MS = 5_000;

/** A queue that is away fails many times a second: one line now and then says so. */
function onceInAWhile(log: Logger): Report {
  let last = Number.NEGATIVE_INFINITY;
  let silenced = 0;
  return (error) => {
    const now = performance.now();
    if (now - last < QUIET_MS) return void silenced++;
    log.warn({ err: error, silenced }, 'queue error');
    last = now;
    silenced = 0;
  };
}
