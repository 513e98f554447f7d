import type { EntityManager } from 'typeorm';
import type { Transactor } from '#database';
import type { Logger } from '#runtime';
import { postgresQueues } from './postgres-queues.js';
import { onceInAWhile, type QueueBackend, type QueueConnection } from './queue-backend.js';
import { redisQueues } from './redis-queues.js';

/** The backend that the configuration asks for. */
export async function openQueues(connection: QueueConnection, transactor: Transactor, log: Logger): Promise<QueueBackend> {
  const report = onceInAWhile(log);
  if (connection.REDIS_URL === undefined) return postgresQueues(connection.DATABASE_URL, report);
  return redisQueues(connection.REDIS_URL, await transactor.run(queuePrefix), report);
}

/**
 * Names the database that the jobs are about: a job that reached the rooms of another database would find no row there, and its own rooms
 * would wait for it. A copy of a database is another database.
 */
export async function queuePrefix(em: EntityManager): Promise<string> {
  const [{ house }] = await em.query<[{ house: string }]>(
    `SELECT system_identifier::text || '-' || oid::text AS house FROM pg_control_system(), pg_database WHERE datname = current_database()`,
  );
  return `bailee-${house}`;
}
