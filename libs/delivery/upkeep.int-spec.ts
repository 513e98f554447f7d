import { PoolOpened } from '#messages';
import { createMetrics, withCorrelation } from '#runtime';
import { eventually } from '#testing';
import { behaviour, pool, World, type Behaviour } from './delivery.spec-support.js';
import { purge } from './delivery.store.js';
import { emitMany } from './emit.js';

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

const replay = `SELECT delivery.replay(id, 'ada', 'handler mended') FROM delivery.delivery WHERE dead_at IS NOT NULL`;

it('keeps the correlation of each emission of one transaction', async () => {
  await world.subscriber(how);
  await withCorrelation('of the transaction', () =>
    world.staking.run((em) =>
      emitMany(em, PoolOpened, [
        { aggregate: 'a', payload: pool('a'), correlation: 'first' },
        { aggregate: 'a', payload: pool('a'), correlation: 'second' },
        { aggregate: 'a', payload: pool('a') },
      ]),
    ),
  );
  await world.allDone(3);
  expect(how.seen.map((s) => s.envelope.correlation)).toEqual(['first', 'second', 'of the transaction']);
});

it('wakes the subscriber after the commit, long before it would look by itself, and never for a rollback', async () => {
  let heard = 0;
  const rewards = await world.db.dataSource('rewards');
  const session = rewards.createQueryRunner();
  const client = (await session.connect()) as { on(event: string, heard: () => void): void };
  client.on('notification', () => heard++);
  await session.query('LISTEN delivery_rewards');
  await expect(
    world.staking.run(async (em) => {
      await emitMany(em, PoolOpened, [{ aggregate: 'a', payload: pool('a') }]);
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  await Promise.all(Array.from({ length: 40 }, () => world.send('a')));
  await eventually(() => Promise.resolve(heard > 0));
  expect(heard).toBeLessThan(20); // many commits, few announcements
  await session.release();
  await world.subscriber(how, { pollMs: 60_000 });
  await world.allDone(40);
  await world.send('b');
  await world.allDone(41);
});

it('shows what it handled, how long it took, what failed, what was handed over again and how far it is behind', async () => {
  const metrics = createMetrics('rewards');
  await world.subscriber(how, { metrics, firstDelayMs: 5, maxAttempts: 2 });
  how.onPool = (_em, payload) => (payload.poolId === 'poison' ? Promise.reject(new Error('cannot')) : Promise.resolve());
  await world.send('a', 3);
  await world.send('poison', 2);
  await eventually(async () => (await world.count('dead_at IS NOT NULL')) === 1);
  await world.allDone(3);
  const shown = (await metrics.metrics()).split('\n');
  const value = (line: string): number =>
    Number(
      shown
        .find((l) => l.startsWith(line))
        ?.split(' ')
        .at(-1),
    );
  expect(value('bailee_delivery_handled_total{message="pool.opened@1"')).toBe(3);
  expect(value('bailee_delivery_failures_total{message="pool.opened@1",dead="false"')).toBe(1);
  expect(value('bailee_delivery_failures_total{message="pool.opened@1",dead="true"')).toBe(1);
  expect(value('bailee_delivery_redelivered_total')).toBeGreaterThanOrEqual(1);
  expect(value('bailee_delivery_seconds_count')).toBe(3);
  expect(value('bailee_delivery_open')).toBe(1);
  expect(value('bailee_delivery_dead')).toBe(1);
});

describe('done deliveries', () => {
  const age = (days: number, where = 'true'): Promise<unknown> =>
    world.db.admin.query(
      `UPDATE delivery.delivery SET created_at = created_at - make_interval(days => $1), done_at = done_at - make_interval(days => $1) WHERE ${where}`,
      [days],
    );

  it('are deleted after their retention, a room its own, and stay counted; the streams count on', async () => {
    await world.subscriber(how);
    await world.send('a', 5);
    await world.allDone(5);
    await age(31, 'seq <= 3');
    const [rewards, custody] = [await world.db.transactor('rewards'), await world.db.transactor('custody')];
    expect(await custody.run((em) => purge(em, 30, 10))).toBe(0);
    expect(await rewards.run((em) => purge(em, 30, 2))).toBe(2);
    expect(await rewards.run((em) => purge(em, 30, 10))).toBe(1);
    expect(await rewards.run((em) => purge(em, 30, 10))).toBe(0);
    expect(
      await world.db.admin.query('SELECT subscriber, producer, message, deliveries::int, failures::int FROM delivery.summary'),
    ).toEqual([{ subscriber: 'rewards', producer: 'staking', message: 'pool.opened@1', deliveries: 3, failures: 0 }]);
    await expect(rewards.run((em) => purge(em, 0, 10))).rejects.toThrow('delivery.retention_too_short');
    await world.send('a');
    await eventually(async () => (await world.effects()).length === 6);
    expect((await world.effects()).at(-1)?.seq).toBe('6');
  });

  it('are deleted by the room itself; what is open, dead or was ever replayed stays', async () => {
    let poison = true;
    how.onPool = (_em, payload) =>
      payload.poolId === 'dead' || (poison && payload.poolId === 'replayed') ? Promise.reject(new Error('cannot')) : Promise.resolve();
    await world.subscriber(how, { firstDelayMs: 1, maxAttempts: 1, purgeEveryMs: 50 });
    await world.send('replayed');
    await eventually(async () => (await world.count('dead_at IS NOT NULL')) === 1);
    poison = false;
    await world.db.admin.query(replay);
    await world.allDone(1);
    await world.send('dead', 2);
    await world.send('a', 4);
    await world.allDone(5);
    await age(31);
    await eventually(async () => (await world.count('true')) === 3);
    expect(await world.count(`aggregate = 'dead'`)).toBe(2);
    expect(await world.count(`aggregate = 'replayed'`)).toBe(1);
    await expect(world.db.admin.query('DELETE FROM delivery.replayed')).rejects.toThrow('delivery.append_only');
  });
});
