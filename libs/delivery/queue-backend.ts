import type { QueueOptions, WorkerOptions } from 'bullmq';
import type { Logger } from '#runtime';

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
  /** False: a worker has it in hand. */
  remove(id: string): Promise<boolean>;
  waiting(): Promise<number>;
}

/** Where BullMQ keeps its jobs: on Redis where there is one, on PostgreSQL otherwise. Every queue and worker logs its errors. */
export interface QueueBackend extends Closable {
  readonly kind: 'postgres' | 'redis';
  queue<T>(name: string): JobQueue<T>;
  worker(name: string, work: (data: unknown) => Promise<void>, concurrency: number): Closable;
}

export type Report = (error: Error) => void;

export const queueOptions = {
  defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  streams: { events: { maxLen: 100 } },
} as const satisfies Partial<QueueOptions>;

/** A worker that dies gives its jobs back within seconds, as often as it takes. */
export const workerOptions = {
  lockDuration: 15_000,
  stalledInterval: 5_000,
  maxStalledCount: 1_000_000,
  runRetryDelay: 500,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
} as const satisfies Partial<WorkerOptions>;

/** The part of BullMQ's Queue that both backends type alike. */
export interface BullQueue {
  add(name: string, data: unknown, opts: { jobId: string }): Promise<unknown>;
  addBulk(jobs: { name: string; data: unknown; opts: { jobId: string } }[]): Promise<unknown>;
  remove(id: string): Promise<number>;
  getWaitingCount(): Promise<number>;
  close(): Promise<void>;
}

/** `ask` is how the queue is reached: it may bound how long an answer takes. */
export function jobQueue<T>(ask: <R>(work: (queue: BullQueue) => Promise<R>) => Promise<R>, close: () => Promise<void>): JobQueue<T> {
  return {
    add: async (jobs) => {
      const [first, ...others] = jobs.map(({ id, data }) => ({ name: 'delivery', data, opts: { jobId: id } }));
      if (first === undefined) return;
      // one is added by a plain statement; many, on PostgreSQL, by way of temporary tables, which do not pay for one
      await ask((queue) => (others.length === 0 ? queue.add(first.name, first.data, first.opts) : queue.addBulk([first, ...others])));
    },
    remove: (id) =>
      ask((queue) => queue.remove(id)).then(
        (removed) => removed !== 0,
        () => false,
      ),
    waiting: () => ask((queue) => queue.getWaitingCount()),
    close,
  };
}

export function watched<E extends { on(event: 'error', listener: Report): unknown }>(emitter: E, report: Report): E {
  emitter.on('error', report);
  return emitter;
}

const QUIET_MS = 5_000;

/** A queue that is away fails many times a second: one line now and then says so. */
export function onceInAWhile(log: Logger): Report {
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
