import { setTimeout as pause } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { createPostgresBackend, Queue, Worker } from 'bullmq';
import pg from 'pg';
import type { Transactor } from '#database';
import { Fault, InvariantBroken } from '#kernel';
import { PoolOpened, ReportApply } from '#messages';
import { withCorrelation } from '#runtime';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';
import { behaviour, EFFECT_TABLE, openSubscriber, pool, type Behaviour } from './delivery.spec-support.js';
import { emit, emitMany } from './emit.js';
import { migrateQueues } from './migrate-queues.js';

let db: TestDatabase;
let staking: Transactor;
let how: Behaviour;
const open: INestApplicationContext[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  await migrateQueues(db.adminUrl);
  await db.admin.query(EFFECT_TABLE);
  staking = await db.transactor('staking');
});
afterAll(() => db.close());
beforeEach(() => {
  how = behaviour();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((room) => room.close()));
  await db.admin.query('TRUNCATE public.effect, delivery.delivery, delivery.stream');
});

async function subscriber(options: Parameters<typeof openSubscriber>[2] = {}): Promise<INestApplicationContext> {
  const room = await openSubscriber(db.url('rewards'), how, options);
  open.push(room);
  return room;
}
const send = (aggregate: string, times = 1): Promise<void> =>
  staking.run((em) =>
    emitMany(
      em,
      PoolOpened,
      Array.from({ length: times }, () => ({ aggregate, payload: pool(aggregate) })),
    ),
  );
const effects = (): Promise<{ aggregate: string; seq: string }[]> => db.admin.query('SELECT aggregate, seq FROM public.effect ORDER BY at');
const count = async (where: string): Promise<number> =>
  (await db.admin.query<[{ n: number }]>(`SELECT count(*)::int AS n FROM delivery.delivery WHERE ${where}`))[0].n;
const allDone = (total: number): Promise<boolean> =>
  eventually(async () => (await count('done_at IS NOT NULL')) === total, { timeoutMs: 20_000 });

it('delivers what was committed, with its envelope and correlation, and nothing of a transaction that was rolled back', async () => {
  await subscriber();
  await withCorrelation('corr-1', () => send('pool-1'));
  await expect(
    staking.run(async (em) => {
      await emit(em, PoolOpened, { aggregate: 'pool-1', payload: pool('never') });
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  await send('pool-1');
  await allDone(2);
  expect(how.seen.map((s) => [s.payload.poolId, s.seq, s.envelope.producer, s.envelope.message])).toEqual([
    ['pool-1', 1n, 'staking', 'pool.opened@1'],
    ['pool-1', 2n, 'staking', 'pool.opened@1'],
  ]);
  expect(how.seen[0]?.envelope.correlation).toBe('corr-1');
  expect(await count('true')).toBe(2);
});

it('delivers what was emitted while the room was away', async () => {
  await send('pool-1', 3);
  await subscriber();
  await allDone(3);
});

it('keeps the order of each aggregate under concurrent emitters and two instances', async () => {
  await subscriber();
  await subscriber();
  how.onPool = () => pause(Math.trunc(performance.now()) % 3);
  const aggregates = ['a', 'b', 'c', 'd'];
  await Promise.all(aggregates.flatMap((aggregate) => Array.from({ length: 18 }, () => send(aggregate, 2))));
  await Promise.all(
    [aggregates, [...aggregates].reverse()].map((order) =>
      // these meet head-on: the deadlock is found, and one of them runs again
      staking.run(async (em) => {
        for (const aggregate of order) await emit(em, PoolOpened, { aggregate, payload: pool(aggregate) });
      }),
    ),
  );
  await allDone(152);
  const done = await effects();
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
  const first = staking.run(async (em) => {
    await emit(em, PoolOpened, { aggregate: 'a', payload: pool('first') });
    emitted();
    await held;
  });
  await firstEmitted;
  const second = staking.run((em) => emit(em, PoolOpened, { aggregate: 'a', payload: pool('second') }));
  await eventually(async () => {
    const waiting = await db.admin.query<unknown[]>(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return waiting.length === 1;
  });
  expect(how.seen).toEqual([]);
  commitFirst();
  await Promise.all([first, second]);
  await allDone(2);
  expect(how.seen.map((s) => s.payload.poolId)).toEqual(['first', 'second']);
});

it('handles once what is queued several times', async () => {
  await send('a', 2);
  const rewards = await db.transactor('rewards');
  await subscriber();
  await allDone(2);
  const { queueBackend } = await import('./queue-backend.js');
  const { createLogger } = await import('#runtime');
  const backend = queueBackend({ DATABASE_URL: db.url('rewards') }, createLogger('spec', 'silent'));
  const queue = backend.queue<{ id: string }>('rewards');
  const rows = await db.admin.query<{ id: string }[]>('SELECT id FROM delivery.delivery');
  await queue.add(rows.flatMap(({ id }, i) => [0, 1, 2].map((n) => ({ id: `again-${i}-${n}`, data: { id } }))));
  await send('a');
  await allDone(3);
  await eventually(async () => (await queue.waiting()) === 0);
  expect(await effects()).toHaveLength(3);
  await queue.close();
  await backend.close();
  expect(await rewards.run((em) => em.query('SELECT * FROM delivery.lag()'))).toEqual([{ open: '0', dead: '0', oldest_seconds: 0 }]);
});

it('loses nothing when the tables of the queue are dropped and made anew', async () => {
  await subscriber();
  await send('a', 5);
  await allDone(5);
  await db.admin.query('DROP SCHEMA bullmq CASCADE');
  await send('a', 5);
  await send('b', 5);
  // the relay has tried in vain
  await eventually(async () => (await count('done_at IS NULL AND lease_until IS NOT NULL')) > 0);
  await migrateQueues(db.adminUrl);
  await allDone(15);
  expect(await effects()).toHaveLength(15);
});

it('loses nothing when the jobs are emptied out under way', async () => {
  await subscriber();
  how.onPool = () => pause(2);
  for (let i = 0; i < 30; i++) {
    await send(`a${i % 7}`, 3);
    if (i % 5 === 0) await db.admin.query('DELETE FROM bullmq.job');
  }
  await allDone(90);
  expect(await effects()).toHaveLength(90);
});

it('goes on after every connection was cut, in the middle of handling', async () => {
  await subscriber();
  how.onPool = () => pause(5);
  await send('a', 20);
  await send('b', 20);
  for (let i = 0; i < 3; i++) {
    const before = (await effects()).length;
    await eventually(async () => (await effects()).length > before);
    await db.admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'bailee_rewards'`,
    );
  }
  await allDone(40);
  const done = await effects();
  expect(done).toHaveLength(40);
  for (const aggregate of ['a', 'b'])
    expect(done.filter((e) => e.aggregate === aggregate).map((e) => Number(e.seq))).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

it('takes over what an instance left behind when it was stopped hard', async () => {
  const rewards = await db.transactor('rewards');
  await send('a', 2);
  // an instance that leased the row and died before it reached the queue
  await rewards.run((em) => em.query('SELECT * FROM delivery.claim(10, 300)'));
  await subscriber();
  await allDone(2);
  expect(await effects()).toHaveLength(2);
});

it('takes over the job that a killed worker had in hand', async () => {
  await send('a', 2);
  const rewards = await db.transactor('rewards');
  const [leased] = await rewards.run((em) => em.query<[{ id: string }]>('SELECT id FROM delivery.claim(10, 200)'));
  // a worker of another process takes the job, and is killed: it never says a word again
  const connection = new pg.Pool({ connectionString: db.url('rewards'), max: 3, options: '-c search_path=bullmq' });
  const queue = new Queue('rewards', { connection }, createPostgresBackend);
  await queue.add('delivery', { id: leased.id }, { jobId: leased.id });
  const killed = new Worker('rewards', null, { connection, autorun: false, lockDuration: 500 }, createPostgresBackend);
  expect((await killed.getNextJob('token'))?.id).toBe(leased.id);
  await subscriber();
  await allDone(2);
  expect((await effects()).map((e) => e.seq)).toEqual(['1', '2']);
  await killed.close(true);
  await queue.close();
  await connection.end();
});

it('tries a retryable fault again until it passes, and its effect is there once', async () => {
  await subscriber({ firstDelayMs: 10, maxAttempts: 2 });
  let left = 5;
  how.onPool = () => (left-- > 0 ? Promise.reject(new Fault('node.away', 'no answer', true)) : Promise.resolve());
  await send('a', 2);
  await allDone(2);
  expect((await effects()).map((e) => e.seq)).toEqual(['1', '2']);
  expect(await count('attempts = 5')).toBe(1);
});

it('lays a poison message aside after its last attempt; its stream stands still, others go on, a replay goes on', async () => {
  await subscriber({ firstDelayMs: 5, maxAttempts: 3 });
  let poison = true;
  how.onPool = (_em, payload) => (poison && payload.poolId === 'a' ? Promise.reject(new Error('cannot')) : Promise.resolve());
  await send('a', 2);
  await send('b', 2);
  await eventually(async () => (await count('dead_at IS NOT NULL')) === 1);
  await allDone(2);
  expect((await effects()).map((e) => e.aggregate)).toEqual(['b', 'b']);
  expect(await count(`attempts = 3 AND last_error LIKE '%cannot%'`)).toBe(1);
  const rewards = await db.transactor('rewards');
  expect(await rewards.run((em) => em.query('SELECT open, dead FROM delivery.lag()'))).toEqual([{ open: '1', dead: '1' }]);
  poison = false;
  await db.admin.query('SELECT delivery.replay(id) FROM delivery.delivery WHERE dead_at IS NOT NULL');
  await allDone(4);
});

it('lays a broken invariant aside at once', async () => {
  await subscriber();
  how.onPool = () => Promise.reject(new InvariantBroken('books.wrong'));
  await send('a');
  await eventually(async () => (await count('dead_at IS NOT NULL AND attempts = 1')) === 1);
});

describe('at the door of the emitter', () => {
  it('refuses a message of another room', async () => {
    await expect(staking.run((em) => emit(em, ReportApply, { aggregate: 'x', payload: report }))).rejects.toThrow(
      'delivery.wrong_producer',
    );
    const report2 = await db.transactor('rewards');
    await expect(report2.run((em) => emit(em, PoolOpened, { aggregate: 'x', payload: pool('x') }))).rejects.toThrow(
      'delivery.wrong_producer',
    );
    expect(await count('true')).toBe(0);
  });
  const report = {
    reportId: '11111111-1111-4111-8111-111111111111',
    poolId: 'p',
    number: 1,
    fromSlot: '0',
    toSlot: '1',
    toEpoch: '1',
    toBlock: '1',
    toBlockRoot: `0x${'00'.repeat(32)}`,
    validators: [],
  };

  it('refuses a payload with an unknown or a wrong field, before anything is written', async () => {
    const extra = { ...pool('x'), surplus: 'field' };
    await expect(staking.run((em) => emit(em, PoolOpened, { aggregate: 'x', payload: extra }))).rejects.toThrow(
      /message.invalid .*surplus: whitelistValidation/,
    );
    await expect(staking.run((em) => emit(em, PoolOpened, { aggregate: 'x', payload: pool('x', 20_000) }))).rejects.toThrow(
      /commissionBps: max/,
    );
    expect(await count('true')).toBe(0);
  });

  it('gives rooms no right on the tables, and no room the deliveries of another', async () => {
    await send('a');
    for (const statement of [
      'SELECT * FROM delivery.delivery',
      'DELETE FROM delivery.delivery',
      `UPDATE delivery.stream SET last_seq = 9`,
      `SELECT delivery.replay(gen_random_uuid())`,
    ]) {
      await expect(staking.run((em) => em.query(statement))).rejects.toThrow('permission denied');
    }
    const [{ id }] = await db.admin.query<[{ id: string }]>('SELECT id FROM delivery.delivery');
    expect(await staking.run((em) => em.query('SELECT state, payload FROM delivery.take($1)', [id]))).toEqual([
      { state: 'unknown', payload: null },
    ]);
    await expect(staking.run((em) => em.query('SELECT delivery.finish($1)', [id]))).rejects.toThrow('delivery.not_open');
  });
});

it('lays aside a message whose producer forged its type, and one whose payload is not its class', async () => {
  await subscriber();
  const custody = await db.transactor('custody');
  await custody.run((em) =>
    em.query('SELECT delivery.emit($1, $2, $3, $4, $5, NULL)', [
      'pool.opened@1',
      'custody',
      ['rewards'],
      ['a'],
      JSON.stringify([pool('forged')]),
    ]),
  );
  await staking.run((em) =>
    em.query('SELECT delivery.emit($1, $2, $3, $4, $5, NULL)', [
      'pool.opened@1',
      'staking',
      ['rewards'],
      ['a'],
      JSON.stringify([{ poolId: 7 }]),
    ]),
  );
  await eventually(async () => (await count('dead_at IS NOT NULL')) === 2);
  expect(await count(`last_error LIKE '%delivery.wrong_producer%'`)).toBe(1);
  expect(await count(`last_error LIKE '%message.invalid%'`)).toBe(1);
  expect(how.seen).toEqual([]);
});
