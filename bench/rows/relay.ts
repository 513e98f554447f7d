import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { dataSourceOptions, Transactor } from '#database';
import { newUuid } from '#kernel';
import { createLogger } from '#runtime';
import { defaultSettings } from '../../libs/delivery/delivery.runtime.js';
import { queueOptions } from '../../libs/delivery/queue-backend.js';
import { redisQueues } from '../../libs/delivery/redis-queues.js';
import { Relay } from '../../libs/delivery/relay.js';
import { connect } from '../clients.js';
import { hasRedis, startRedis } from '../redis.js';
import type { Bench, BenchRow, Contender } from '../row.js';

const ROWS = 300_000;
const { batch, highWater } = defaultSettings;

/**
 * Open deliveries handed to a queue on Redis by one relay, as a room runs it: rows leased in PostgreSQL, jobs added, batch after batch up to the high-water
 * mark; against BullMQ's addBulk of as many jobs in batches of that size with the same options, which knows no row. Between two such hand-overs the queue is
 * emptied and the rows are done, as consumers would have it: that is not measured.
 */
const relayIntoRedis: BenchRow = {
  name: 'delivery relay into Redis / raw addBulk',
  unit: 'deliveries',
  target: 0.8,
  gate: 'latency',
  async prepare(bench) {
    await fill(bench, bench.quick ? 20_000 : ROWS);
    const redis = await startRedis();
    const source = await new DataSource({ ...dataSourceOptions('rewards', bench.url('rewards'), [], 4) }).initialize();
    const transactor = new Transactor(source);
    const queues = redisQueues(redis.url, 'ours', () => undefined);
    const line = new Redis(redis.url, { maxRetriesPerRequest: null });
    const raw = new Queue('floor', { connection: line, prefix: 'floor', ...queueOptions });
    const settings = { ...defaultSettings, leaseMs: 3_600_000, pollMs: 3_600_000 };
    const handOver = async (): Promise<void> => {
      const relay = new Relay(queues.queue('rewards'), transactor, settings, createLogger('bench', 'silent'), {
        redelivered: () => undefined,
      });
      relay.start();
      while ((await redis.admin.llen('ours:rewards:wait')) < highWater) await new Promise((resolve) => setTimeout(resolve, 1));
      await relay.stop();
    };
    const addRaw = async (): Promise<void> => {
      for (let added = 0; added < highWater; added += batch) {
        const ids = Array.from({ length: batch }, () => newUuid());
        await raw.addBulk(ids.map((id) => ({ name: 'delivery', data: { id }, opts: { jobId: id } })));
      }
    };
    const consumed = async (): Promise<void> => {
      await redis.admin.flushall();
      await bench.rows(
        `UPDATE delivery.delivery SET done_at = now() WHERE subscriber = 'rewards' AND done_at IS NULL AND lease_until IS NOT NULL`,
      );
    };
    return {
      ours: handOvers(handOver, consumed),
      floor: handOvers(addRaw, consumed),
      done: async () => {
        await raw.close();
        line.disconnect();
        await queues.close();
        await source.destroy();
        await redis.stop();
      },
    };
  },
};

/** Again and again until the deadline; how long each took. */
const handOvers =
  (once: () => Promise<void>, afterwards: () => Promise<void>): Contender =>
  async (deadlineMs) => {
    const latenciesMs: number[] = [];
    do {
      const began = performance.now();
      await once();
      latenciesMs.push(performance.now() - began);
      await afterwards();
    } while (performance.now() < deadlineMs);
    return { units: latenciesMs.length * highWater, latenciesMs };
  };

/** Each of a stream of its own, so that all may be handed over. */
async function fill(bench: Bench, rows: number): Promise<void> {
  const admin = await connect(bench.adminUrl, 1);
  try {
    await admin.all[0]?.query(
      `INSERT INTO delivery.delivery (message, subscriber, aggregate, seq, producer, payload)
       SELECT 'validator.activated@1', 'rewards', 'bench-' || i, 1, 'staking', jsonb_build_object('poolId', 'bench-' || i, 'index', i) FROM generate_series(1, $1::int) i`,
      [rows],
    );
    await admin.all[0]?.query('VACUUM ANALYZE delivery.delivery');
  } finally {
    await admin.close();
  }
}

/** Only where there is a redis-server. */
export const relayRows: readonly BenchRow[] = hasRedis() ? [relayIntoRedis] : [];
