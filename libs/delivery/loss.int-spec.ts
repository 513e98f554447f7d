import { setTimeout as pause } from 'node:timers/promises';
import { createLogger } from '#runtime';
import { eventually } from '#testing';
import type { DeliveryOptions } from './delivery.module.js';
import { behaviour, World, type Behaviour } from './delivery.spec-support.js';
import { openQueues } from './open-queues.js';
import { describeOnEachBackend, describeOnRedis, onRedis, type TestQueues } from './queues.spec-support.js';

let world: World;
let how: Behaviour;
beforeAll(async () => {
  world = await World.create();
});
afterAll(() => world.db.close());
beforeEach(() => {
  how = behaviour();
});
afterEach(() => world.clear());

describeOnEachBackend((open) => {
  let queues: TestQueues;
  beforeAll(async () => {
    queues = await open(world.db);
  });
  afterAll(() => queues.close());
  const subscriber = (options: DeliveryOptions = {}): Promise<void> => world.subscriber(how, options, queues.redisUrl);

  it('handles once what is queued several times', async () => {
    await world.send('a', 2);
    const rewards = await world.db.transactor('rewards');
    await subscriber();
    await world.allDone(2);
    const connection = { DATABASE_URL: world.db.url('rewards'), ...(queues.redisUrl === undefined ? {} : { REDIS_URL: queues.redisUrl }) };
    const backend = await openQueues(connection, rewards, createLogger('spec', 'silent'));
    const queue = backend.queue<{ id: string }>('rewards');
    const rows = await world.db.admin.query<{ id: string }[]>('SELECT id FROM delivery.delivery');
    await queue.add(rows.flatMap(({ id }, i) => [0, 1, 2].map((n) => ({ id: `again-${i}-${n}`, data: { id } }))));
    await world.send('a');
    await world.allDone(3);
    await eventually(async () => (await queue.waiting()) === 0);
    expect(await world.effects()).toHaveLength(3);
    await queue.close();
    await backend.close();
    expect(await rewards.run((em) => em.query('SELECT * FROM delivery.lag()'))).toEqual([{ open: '0', dead: '0', oldest_seconds: 0 }]);
  });

  it('loses nothing when the queue goes away with all that was in it', async () => {
    await subscriber();
    await world.send('a', 5);
    await world.allDone(5);
    await queues.takeAway();
    await world.send('a', 5);
    await world.send('b', 5);
    // the relay has tried in vain
    await eventually(async () => (await world.count('done_at IS NULL AND lease_until IS NOT NULL')) > 0);
    await queues.bringBack();
    await world.allDone(15);
    expect(await world.effects()).toHaveLength(15);
  });

  it('loses nothing when the jobs are emptied out under way', async () => {
    await subscriber();
    how.onPool = () => pause(2);
    for (let i = 0; i < 30; i++) {
      await world.send(`a${i % 7}`, 3);
      if (i % 5 === 0) await queues.empty();
    }
    await world.allDone(90);
    expect(await world.effects()).toHaveLength(90);
  });

  it('goes on after every connection was cut, in the middle of handling', async () => {
    await subscriber();
    how.onPool = () => pause(5);
    await world.send('a', 20);
    await world.send('b', 20);
    for (let i = 0; i < 3; i++) {
      const before = (await world.effects()).length;
      await eventually(async () => (await world.effects()).length > before);
      await world.db.admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'bailee_rewards'`,
      );
    }
    await world.allDone(40);
    const done = await world.effects();
    expect(done).toHaveLength(40);
    for (const aggregate of ['a', 'b'])
      expect(done.filter((e) => e.aggregate === aggregate).map((e) => Number(e.seq))).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it('takes over what an instance left behind when it was stopped hard', async () => {
    const rewards = await world.db.transactor('rewards');
    await world.send('a', 2);
    // an instance that leased the row and died before it reached the queue
    await rewards.run((em) => em.query('SELECT * FROM delivery.claim(10, 300)'));
    await subscriber();
    await world.allDone(2);
    expect(await world.effects()).toHaveLength(2);
  });

  it('takes over the job that a killed worker had in hand', async () => {
    await world.send('a', 2);
    const rewards = await world.db.transactor('rewards');
    const [leased] = await rewards.run((em) => em.query<[{ id: string }]>('SELECT id FROM delivery.claim(10, 200)'));
    const clearUp = await queues.abandon(leased.id);
    await subscriber();
    await world.allDone(2);
    expect((await world.effects()).map((e) => e.seq)).toEqual(['1', '2']);
    await clearUp();
  });
});

describeOnRedis('a Redis that is away', () => {
  let queues: Awaited<ReturnType<typeof onRedis>>;
  beforeAll(async () => {
    queues = await onRedis(world.db);
  });
  afterAll(() => queues.close());
  const subscriber = (): Promise<void> => world.subscriber(how, {}, queues.redisUrl);
  const tried = (): Promise<boolean> => eventually(async () => (await world.count('lease_until IS NOT NULL')) > 0);

  it('keeps no room from starting, and gets what was sent when it comes', async () => {
    await queues.takeAway();
    const began = performance.now();
    await subscriber();
    expect(performance.now() - began).toBeLessThan(5_000);
    await world.send('a', 3);
    await tried();
    await queues.bringBack();
    await world.allDone(3);
    expect(await world.effects()).toHaveLength(3);
  });

  it('keeps no room from stopping', async () => {
    await subscriber();
    await world.send('a', 3);
    await world.allDone(3);
    await queues.takeAway();
    await world.send('a', 3);
    await tried();
    const began = performance.now();
    await world.close();
    expect(performance.now() - began).toBeLessThan(15_000);
    await queues.bringBack();
    await subscriber();
    await world.allDone(6);
  });

  it('keeps no room from stopping when it never came', async () => {
    await queues.takeAway();
    await subscriber();
    const began = performance.now();
    await world.close();
    expect(performance.now() - began).toBeLessThan(15_000);
    await queues.bringBack();
  });

  it('may fall silent under way and come back', async () => {
    await subscriber();
    await world.send('a', 3);
    await world.allDone(3);
    queues.line.fallSilent();
    await world.send('a', 3);
    await world.send('b', 3);
    await tried();
    await queues.line.mend();
    await world.allDone(9);
    expect(await world.effects()).toHaveLength(9);
  });

  it('is shared with other exchanges: what this one keeps there bears the name of its database', async () => {
    await subscriber();
    await world.send('a', 3);
    await world.allDone(3);
    const [{ name }] = await world.db.admin.query<[{ name: string }]>(
      `SELECT 'bailee-' || system_identifier || '-' || oid AS name FROM pg_control_system(), pg_database WHERE datname = current_database()`,
    );
    const keys = await queues.admin.keys('*');
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key) => !key.startsWith(`${name}:rewards`))).toEqual([]);
  });
});
