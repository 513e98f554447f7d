import { createPostgresBackend, Queue, Worker } from 'bullmq';
import pg from 'pg';
import { QUEUE_SCHEMA } from './migrate-queues.js';
import { jobQueue, queueOptions, watched, workerOptions, type QueueBackend, type Report } from './queue-backend.js';

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
  return {
    kind: 'postgres',
    queue: (name) => {
      const queue = watched(new Queue(name, { connection: pool, ...queueOptions }, createPostgresBackend), report);
      return jobQueue(
        (work) => work(queue),
        () => queue.close(),
      );
    },
    worker: (name, work, concurrency) =>
      watched(
        new Worker(name, (job) => work(job.data), { connection: pool, ...workerOptions, concurrency }, createPostgresBackend),
        report,
      ),
    close: () => pool.end(),
  };
}
