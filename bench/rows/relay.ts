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
import type { Bench, BenchRow } from '../row.js';

const ROWS = 600_000;
const { batch } = defaultSettings;

/**
 * Open deliveries handed to a queue on Redis by one relay, as a room runs it (rows leased in PostgreSQL, jobs added, batch after batch), but for the high-water
 * mark, which nobody consumes under; against BullMQ's addBulk of as many jobs at once with the same options, which knows no row.
 */
const relayIntoRedis: BenchRow = {
  name: 'delivery relay into Redis / raw addBulk',
  unit: 'deliveries',
  target: 0.8,
  gate: 'rate',
  async prepare(bench) {
    await fill(bench, bench.quick ? 20_000 : ROWS);
    const redis = await startRedis();
    const source = await new DataSource({ ...dataSourceOptions('rewards', bench.url('rewards'), [], 4) }).initialize();
    const transactor = new Transactor(source);
    const queues = redisQueues(redis.url, 'ours', () => undefined);
    const raw = new Queue('floor', { connection: new Redis(redis.url, { maxRetriesPerRequest: null }), prefix: 'floor', ...queueOptions });
    const leased = async (): Promise<number> => {
      const [row] = await bench.rows<{ n: string }>(
        `SELECT count(*) AS n FROM delivery.delivery WHERE subscriber = 'rewards' AND lease_until IS NOT NULL`,
      );
      return Number(row?.n ?? 0);
    };
    return {
      ours: async (deadlineMs) => {
        const before = await leased();
        const settings = { ...defaultSettings, highWater: Number.MAX_SAFE_INTEGER, leaseMs: 3_600_000 };
        const relay = new Relay(queues.queue('rewards'), transactor, settings, createLogger('bench', 'silent'), {
          redelivered: () => undefined,
        });
        relay.start();
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, deadlineMs - performance.now())));
        await relay.stop();
        const units = (await leased()) - before;
        await redis.admin.flushall();
        return units;
      },
      floor: async (deadlineMs) => {
        let units = 0;
        while (performance.now() < deadlineMs) {
          const jobs = Array.from({ length: batch }, () => newUuid()).map((id) => ({
            name: 'delivery',
            data: { id },
            opts: { jobId: id },
          }));
          await raw.addBulk(jobs);
          units += batch;
        }
        await redis.admin.flushall();
        return units;
      },
      done: async () => {
        await raw.close();
        await queues.close();
        await source.destroy();
        await redis.stop();
      },
    };
  },
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
