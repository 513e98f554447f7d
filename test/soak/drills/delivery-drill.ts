import { drill as killAtEach, eventually, type DrillReport, type Moment, type TestDatabase } from '#testing';
import type { TestQueues } from '../../../libs/delivery/queues.spec-support.js';
import type { DeliveryVictim } from '../../fire/delivery.victim.js';
import { Sea } from '../../fire/storm.spec-support.js';
import { victim } from './ledger-drill.js';

export interface DeliveryDrill {
  /** Which statements; every one unless given. */
  readonly statements?: readonly number[];
  readonly moments?: readonly Moment[];
  /** `onPostgres` or `onRedis` of libs/delivery/queues.spec-support. */
  readonly backend: (db: TestDatabase) => Promise<TestQueues>;
}

/**
 * kill -9 between any two statements of a whole subscriber room, its relay, worker and queue: claim, add, take, effect, finish, successor.
 * Another instance finds what it left: each message has its effect once, and those of one aggregate in order.
 */
export async function drill({ backend, ...options }: DeliveryDrill): Promise<DrillReport> {
  const sea = await Sea.open(backend);
  const { world, queues } = sea;
  try {
    await world.send('a', 2);
    await world.send('b');
    return await killAtEach<DeliveryVictim>({
      ...options,
      script: victim('delivery'),
      input: () => ({ url: world.db.url('rewards'), waiting: 3, ...(queues.redisUrl === undefined ? {} : { redisUrl: queues.redisUrl }) }),
      afterwards: async () => {
        await eventually(async () => !(await isThere(world.db)));
        await sea.instances(1);
        await sea.settles(30_000);
        await sea.instances(0);
        await world.send('a', 2);
        await world.send('b');
      },
    });
  } finally {
    await sea.close();
  }
}

/** The server ends the sessions of a killed process when it notices. */
const isThere = async ({ admin }: TestDatabase): Promise<boolean> =>
  (
    await admin.query<unknown[]>(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND usename = 'bailee_rewards' AND application_name LIKE 'bailee-delivery%'`,
    )
  ).length > 0;
