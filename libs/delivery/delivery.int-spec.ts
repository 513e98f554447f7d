import { setTimeout as pause } from 'node:timers/promises';
import { Fault, InvariantBroken } from '#kernel';
import { PoolOpened } from '#messages';
import { withCorrelation } from '#runtime';
import { eventually } from '#testing';
import type { DeliveryOptions } from './delivery.module.js';
import { behaviour, pool, World, type Behaviour } from './delivery.spec-support.js';
import { emit } from './emit.js';
import { describeOnEachBackend, type TestQueues } from './queues.spec-support.js';

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

  it('delivers what was committed, with its envelope and correlation, and nothing of a transaction that was rolled back', async () => {
    await subscriber();
    await withCorrelation('corr-1', () => world.send('pool-1'));
    await expect(
      world.staking.run(async (em) => {
        await emit(em, PoolOpened, { aggregate: 'pool-1', payload: pool('never') });
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    await world.send('pool-1');
    await world.allDone(2);
    expect(how.seen.map((s) => [s.payload.poolId, s.seq, s.envelope.producer, s.envelope.message])).toEqual([
      ['pool-1', 1n, 'staking', 'pool.opened@1'],
      ['pool-1', 2n, 'staking', 'pool.opened@1'],
    ]);
    expect(how.seen[0]?.envelope.correlation).toBe('corr-1');
    expect(await world.count('true')).toBe(2);
  });

  it('delivers what was emitted while the room was away', async () => {
    await world.send('pool-1', 3);
    await subscriber();
    await world.allDone(3);
  });

  it('keeps the order of each aggregate under concurrent emitters and two instances', async () => {
    await subscriber();
    await subscriber();
    how.onPool = () => pause(Math.trunc(performance.now()) % 3);
    const aggregates = ['a', 'b', 'c', 'd'];
    await Promise.all(aggregates.flatMap((aggregate) => Array.from({ length: 18 }, () => world.send(aggregate, 2))));
    await Promise.all(
      [aggregates, [...aggregates].reverse()].map((order) =>
        // these meet head-on: the deadlock is found, and one of them runs again
        world.staking.run(async (em) => {
          for (const aggregate of order) await emit(em, PoolOpened, { aggregate, payload: pool(aggregate) });
        }),
      ),
    );
    await world.allDone(152);
    const done = await world.effects();
    expect(done).toHaveLength(152);
    for (const aggregate of aggregates) {
      expect(done.filter((e) => e.aggregate === aggregate).map((e) => Number(e.seq))).toEqual(Array.from({ length: 38 }, (_, i) => i + 1));
    }
  });

  it('gives numbers in the order of commits: a later message waits for an emitter that has not committed', async () => {
    await subscriber();
    let commitFirst: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (commitFirst = resolve));
    let emitted: () => void = () => undefined;
    const firstEmitted = new Promise<void>((resolve) => (emitted = resolve));
    const first = world.staking.run(async (em) => {
      await emit(em, PoolOpened, { aggregate: 'a', payload: pool('first') });
      emitted();
      await held;
    });
    await firstEmitted;
    const second = world.staking.run((em) => emit(em, PoolOpened, { aggregate: 'a', payload: pool('second') }));
    await eventually(async () => {
      const waiting = await world.db.admin.query<unknown[]>(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return waiting.length === 1;
    });
    expect(how.seen).toEqual([]);
    commitFirst();
    await Promise.all([first, second]);
    await world.allDone(2);
    expect(how.seen.map((s) => s.payload.poolId)).toEqual(['first', 'second']);
  });

  it('tries a retryable fault again until it passes, and its effect is there once', async () => {
    await subscriber({ firstDelayMs: 10, maxAttempts: 2 });
    let left = 5;
    how.onPool = () => (left-- > 0 ? Promise.reject(new Fault('node.away', 'no answer', true)) : Promise.resolve());
    await world.send('a', 2);
    await world.allDone(2);
    expect((await world.effects()).map((e) => e.seq)).toEqual(['1', '2']);
    expect(await world.count('attempts = 5')).toBe(1);
  });

  it('lays a poison message aside after its last attempt; its stream stands still, others go on, a replay goes on', async () => {
    await subscriber({ firstDelayMs: 5, maxAttempts: 3 });
    let poison = true;
    how.onPool = (_em, payload) => (poison && payload.poolId === 'a' ? Promise.reject(new Error('cannot')) : Promise.resolve());
    await world.send('a', 2);
    await world.send('b', 2);
    await eventually(async () => (await world.count('dead_at IS NOT NULL')) === 1);
    await world.allDone(2);
    expect((await world.effects()).map((e) => e.aggregate)).toEqual(['b', 'b']);
    expect(await world.count(`attempts = 3 AND last_error LIKE '%cannot%'`)).toBe(1);
    const rewards = await world.db.transactor('rewards');
    expect(await rewards.run((em) => em.query('SELECT open, dead FROM delivery.lag()'))).toEqual([{ open: '1', dead: '1' }]);
    poison = false;
    await world.db.admin.query(`SELECT delivery.replay(id, 'spec', 'handler mended') FROM delivery.delivery WHERE dead_at IS NOT NULL`);
    await world.allDone(4);
  });

  it('lays a broken invariant aside at once', async () => {
    await subscriber();
    how.onPool = () => Promise.reject(new InvariantBroken('books.wrong'));
    await world.send('a');
    await eventually(async () => (await world.count('dead_at IS NOT NULL AND attempts = 1')) === 1);
  });
});
