import { setTimeout as pause } from 'node:timers/promises';
import { createPostgresBackend, Queue, Worker } from 'bullmq';
import pg from 'pg';
import { QUEUE_SCHEMA } from './migrate-queues.js';
import { jobQueue, queueOptions, watched, workerOptions, type Closable, type QueueBackend, type Report } from './queue-backend.js';

/** Connections of one room to its queues: each worker listens on one, the others are shared by all. */
const POOL = 6;

/** Queues in the schema `bullmq` of the room's own database. */
export function postgresQueues(url: string, report: Report): QueueBackend {
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
  // a session that the server ends between two statements of somebody who has it has nobody else to tell: unheard, that would end the process
  pool.on('connect', (client) => void client.on('error', report));
  return {
    kind: 'postgres',
    queue: (name) => {
      const queue = watched(new Queue(name, { connection: pool, ...queueOptions }, createPostgresBackend), report);
      return jobQueue(
        (work) => work(queue),
        () => queue.close(),
      );
    },
    worker: (name, work, concurrency) => {
      const options = { connection: pool, ...workerOptions, concurrency, autorun: false };
      return new Patient(() => watched(new Worker(name, (job) => work(job.data), options, createPostgresBackend), report), report);
    },
    close: () => pool.end(),
  };
}

const AGAIN_MS = 500;

interface Opened extends Closable {
  waitUntilReady(): Promise<unknown>;
  run(): Promise<void>;
  close(force?: boolean): Promise<void>;
}

/** A worker that finds no tables when it starts would ask for them without a pause, for ever: another takes its place a little later. */
class Patient implements Closable {
  private worker: Opened | null = null;
  private closed = false;
  private readonly starting: Promise<void>;

  constructor(
    private readonly open: () => Opened,
    private readonly report: Report,
  ) {
    this.starting = this.start();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.starting;
    await this.worker?.close();
  }

  private async start(): Promise<void> {
    while (!this.closed && this.worker === null) {
      const worker = this.open();
      try {
        await worker.waitUntilReady();
        this.worker = worker;
        worker.run().catch(this.report);
      } catch {
        await worker.close(true).catch(() => undefined);
        await pause(AGAIN_MS, undefined, { ref: false });
      }
    }
  }
}
