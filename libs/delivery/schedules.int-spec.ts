import type { INestApplicationContext } from '@nestjs/common';
import { createLogger } from '#runtime';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';
import { behaviour, EFFECT_TABLE, openSubscriber, type Behaviour } from './delivery.spec-support.js';
import { Listener } from './listener.js';
import { describeOnEachBackend, endSessions, type TestQueues } from './queues.spec-support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await db.admin.query(EFFECT_TABLE);
});
afterAll(() => db.close());

describeOnEachBackend((open) => {
  let queues: TestQueues;
  beforeAll(async () => {
    queues = await open(db);
  });
  afterAll(() => queues.close());
  const rooms: INestApplicationContext[] = [];
  const close = (): Promise<unknown> => Promise.all(rooms.splice(0).map((room) => room.close()));
  afterEach(close);
  const ticking = async (how: Behaviour, everyMs: number): Promise<void> => {
    rooms.push(await openSubscriber(db.url('rewards'), how, {}, everyMs, queues.redisUrl));
  };

  it('runs a schedule on one of two instances at a time, never overlaps itself, and again after the queue was lost; the other takes over', async () => {
    const how = behaviour();
    let running = 0;
    let most = 0;
    let runs = 0;
    how.onTick = async () => {
      most = Math.max(most, ++running);
      // longer than its interval, so that starts pile up
      await eventually(async () => await db.admin.query<unknown[]>('SELECT pg_sleep(0.15)'));
      runs++;
      running--;
    };
    await ticking(how, 100);
    await ticking(how, 100);
    await eventually(() => Promise.resolve(runs >= 5));
    await queues.empty();
    const before = runs;
    await eventually(() => Promise.resolve(runs >= before + 5));
    await rooms.shift()?.close(); // it was the first to come, and held the schedule
    const under = runs;
    await eventually(() => Promise.resolve(runs >= under + 3));
    await endSessions(db); // the lock goes with its session, and is taken again
    const after = runs;
    await eventually(() => Promise.resolve(runs >= after + 3));
    await close();
    expect(most).toBe(1);
    expect(running).toBe(0);
  });

  it('runs a schedule that throws again at its next time', async () => {
    const how = behaviour();
    let runs = 0;
    how.onTick = () => Promise.reject(new Error(`run ${++runs}`));
    await ticking(how, 50);
    await eventually(() => Promise.resolve(runs >= 3));
  });

  it('runs a schedule again after the queue went away with all that was in it', async () => {
    const how = behaviour();
    let runs = 0;
    how.onTick = () => Promise.resolve(void runs++);
    await ticking(how, 50);
    await eventually(() => Promise.resolve(runs >= 3));
    await queues.takeAway();
    await queues.bringBack();
    const before = runs;
    await eventually(() => Promise.resolve(runs >= before + 3), { timeoutMs: 30_000 });
  });

  it('keeps the pace of a schedule, and takes a new one from the next start', async () => {
    const how = behaviour();
    const at: number[] = [];
    how.onTick = () => Promise.resolve(void at.push(performance.now()));
    await ticking(how, 60_000);
    await eventually(() => Promise.resolve(at.length === 1));
    await close();
    await ticking(how, 200);
    await eventually(() => Promise.resolve(at.length >= 11), { timeoutMs: 20_000 });
    const taken = (at[10] ?? 0) - (at[5] ?? 0);
    expect(taken).toBeGreaterThan(700); // 5 intervals of 200 ms
  });

  it('runs a schedule while the queue is away', async () => {
    const how = behaviour();
    let runs = 0;
    how.onTick = () => Promise.resolve(void runs++);
    await ticking(how, 50);
    await queues.takeAway();
    const before = runs;
    await eventually(() => Promise.resolve(runs >= before + 3));
    await queues.bringBack();
  });

  it('serialises what schedules that start together ask of their session', async () => {
    const warnings: string[] = [];
    const hear = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', hear);
    const listener = new Listener(db.url('rewards'), 'delivery_rewards', () => undefined, createLogger('spec', 'silent'));
    await listener.start();
    const ran = await Promise.all(['a', 'b', 'c', 'd'].map((name) => listener.holds(name)));
    await listener.stop();
    process.off('warning', hear);
    expect(ran).toEqual([true, true, true, true]);
    expect(warnings).toEqual([]);
  });
});
