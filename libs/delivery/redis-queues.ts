import { createRedisBackend, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Fault } from '#kernel';
import {
  jobQueue,
  queueOptions,
  watched,
  workerOptions,
  type BullQueue,
  type Closable,
  type QueueBackend,
  type Report,
} from './queue-backend.js';

/** A Redis that says nothing for so long is away: the rows are handed over at another time. */
const ANSWER_MS = 5_000;

/**
 * Queues on Redis, under keys of their own (`prefix`): several exchanges may share a server. While Redis is away, at the start or later,
 * what is asked of a queue fails within seconds and workers wait for it; nothing that was asked piles up meanwhile.
 */
export function redisQueues(url: string, prefix: string, report: Report): QueueBackend {
  const producing = watched(new Redis(url, { maxRetriesPerRequest: 1, connectTimeout: ANSWER_MS, keepAlive: 10_000 }), report);
  const working = watched(new Redis(url, { maxRetriesPerRequest: null, connectTimeout: ANSWER_MS, keepAlive: 10_000 }), report);
  const connections = [producing, working];
  for (const connection of connections) connection.setMaxListeners(50); // each queue and worker listens for its errors
  // The other end may have gone without a word: TCP alone would take a quarter of an hour to notice.
  const silent = (): void => {
    for (const connection of connections) if (connection.status === 'ready') connection.disconnect(true);
  };
  return {
    kind: 'redis',
    queue: <T>(name: string) => {
      const queue = new Revivable(
        () => watched(new Queue(name, { connection: producing, prefix, ...queueOptions }, createRedisBackend), report),
        silent,
      );
      return jobQueue<T>(queue.ask, () => within(queue.close(), silent));
    },
    worker: (name, work, concurrency) => {
      const hand = new InHand(work);
      const options = { connection: working, prefix, ...workerOptions, concurrency };
      const worker = watched(new Worker(name, (job) => hand.work(job.data), options, createRedisBackend), report);
      // a worker that has lost Redis would wait for it before it ends
      return { close: () => (working.status === 'ready' ? worker.close() : hand.empty().then(() => worker.close(true))) };
    },
    close: () => {
      for (const connection of connections) connection.disconnect();
      return Promise.resolve();
    },
  };
}

interface Opened extends BullQueue {
  waitUntilReady(): Promise<unknown>;
}

/** A queue whose first contact with Redis broke off fails for ever: another takes its place. */
class Revivable implements Closable {
  private queue: Opened;
  constructor(
    private readonly open: () => Opened,
    private readonly silent: () => void,
  ) {
    this.queue = open();
  }

  readonly ask = async <R>(work: (queue: BullQueue) => Promise<R>): Promise<R> => {
    const { queue } = this;
    const ready = queue.waitUntilReady();
    ready.catch(() => {
      if (this.queue === queue) this.queue = this.open();
    });
    await within(ready, this.silent);
    return within(work(queue), this.silent);
  };

  close(): Promise<void> {
    return this.queue.close();
  }
}

/** What a worker is doing right now. */
class InHand {
  private readonly jobs = new Set<Promise<void>>();
  constructor(private readonly perform: (data: unknown) => Promise<void>) {}

  work(data: unknown): Promise<void> {
    const job = this.perform(data).finally(() => this.jobs.delete(job));
    this.jobs.add(job);
    return job;
  }

  async empty(): Promise<void> {
    await Promise.allSettled(this.jobs);
  }
}

async function within<T>(answer: Promise<T>, silent: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      silent();
      reject(new Fault('queue.no_answer', `Redis did not answer within ${ANSWER_MS} ms`, true));
    }, ANSWER_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
