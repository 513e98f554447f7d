import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import type { EntityManager } from 'typeorm';
import type { Fault } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import { Batcher, type BatcherOptions } from './batcher.js';
import type { Transactor } from './transactor.js';

type Ailment = 'sound' | 'throws' | 'breaks the statement' | 'breaks the commit';
interface Item {
  readonly id: number;
  readonly ailment: Ailment;
}

/** Writes what it decides, so that repeats and losses show. `broken` is looked at by a deferred constraint: at COMMIT and not before. */
async function write(em: EntityManager, items: readonly Item[]): Promise<string[]> {
  for (const { id, ailment } of items) {
    if (ailment === 'throws') throw new Error(`item ${id}`);
    const place = ailment === 'breaks the commit' ? 2 : 1;
    await em.query('INSERT INTO public.done (id, place) VALUES ($1, $2)', [ailment === 'breaks the statement' ? null : id, place]);
  }
  return items.map(({ id }) => `did ${id}`);
}

describe('the batcher', () => {
  let database: TestDatabase;
  let transactor: Transactor;
  beforeAll(async () => {
    database = await createTestDatabase();
    await database.admin.query(`CREATE TABLE public.place (id int PRIMARY KEY);
      INSERT INTO public.place VALUES (1);
      CREATE TABLE public.done (id int NOT NULL, place int NOT NULL REFERENCES public.place DEFERRABLE INITIALLY DEFERRED);
      CREATE TABLE public.counter (id int PRIMARY KEY, n int NOT NULL);
      INSERT INTO public.counter VALUES (1, 0), (2, 0);
      GRANT ALL ON public.done, public.counter, public.place TO bailee_custody`);
    transactor = await database.transactor('custody');
  });
  afterAll(() => database.close());
  beforeEach(() => database.admin.query('TRUNCATE public.done'));

  const batcher = <I, O>(of: Pick<BatcherOptions<I, O>, 'work'> & Partial<BatcherOptions<I, O>>, lanes?: number): Batcher<I, O> =>
    new Batcher<I, O>(transactor, { maxItems: 50, maxWaitMs: 1, maxQueued: 1_000, ...of }, lanes);
  const settled = async (outcomes: Promise<string>[]): Promise<string[]> =>
    (await Promise.allSettled(outcomes)).map((o) => (o.status === 'fulfilled' ? o.value : 'failed'));
  const done = async (): Promise<number[]> =>
    (await database.admin.query<{ id: number }[]>('SELECT id FROM public.done ORDER BY id')).map((row) => row.id);

  it('fails the items that are bad, each for itself, and does the others once: in the work, in a statement, at the commit', async () => {
    const ailments = fc.constantFrom<Ailment[]>('sound', 'sound', 'sound', 'throws', 'breaks the statement', 'breaks the commit');
    await fc.assert(
      fc.asyncProperty(fc.array(ailments, { minLength: 1, maxLength: 24 }), fc.integer({ min: 1, max: 12 }), async (list, maxItems) => {
        await database.admin.query('TRUNCATE public.done');
        const items = list.map((ailment, id): Item => ({ id, ailment }));
        const under = batcher<Item, string>({ work: write, maxItems });
        const outcomes = await settled(items.map((item) => under.submit(item)));
        expect(outcomes).toEqual(items.map(({ id, ailment }) => (ailment === 'sound' ? `did ${id}` : 'failed')));
        expect(await done()).toEqual(items.filter((i) => i.ailment === 'sound').map((i) => i.id));
      }),
      { numRuns: 25 },
    );
  });

  it('runs a batch again after a deadlock, and each item counts once', async () => {
    const add = async (em: EntityManager, items: readonly number[]): Promise<number[]> => {
      for (const id of items) {
        await em.query('UPDATE public.counter SET n = n + 1 WHERE id = $1', [id]);
        await pause(2);
      }
      return [...items];
    };
    const [one, other] = [batcher<number, number>({ work: add, maxItems: 2 }), batcher<number, number>({ work: add, maxItems: 2 })];
    const both = Array.from({ length: 10 }, () => [one.submit(1), one.submit(2), other.submit(2), other.submit(1)]).flat();
    expect(await Promise.all(both)).toHaveLength(40);
    expect(await database.admin.query('SELECT n FROM public.counter ORDER BY id')).toEqual([{ n: 20 }, { n: 20 }]);
  });

  it('does not try a batch in parts when the database has gone: nobody is to blame, and nobody knows what was done', async () => {
    let runs = 0;
    const under = batcher<number, number>({
      work: async (em, items) => {
        runs++;
        await em.query('SELECT pg_terminate_backend(pg_backend_pid())');
        return [...items];
      },
    });
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => under.submit(i)));
    expect(new Set(outcomes.map((o) => o.status))).toEqual(new Set(['rejected']));
    expect(runs).toBeLessThanOrEqual(3);
  });

  it('commits nothing of a batch that comes back with another number of outcomes', async () => {
    const under = batcher<Item, string>({ work: async (em, items) => [...(await write(em, items)), 'one too many'] });
    expect(await settled([1, 2, 3].map((id) => under.submit({ id, ailment: 'sound' })))).toEqual(['failed', 'failed', 'failed']);
    expect(await done()).toEqual([]);
  });

  it('refuses at once what it cannot queue, and does all that it took', async () => {
    const under = batcher<Item, string>({ work: write, maxItems: 2, maxQueued: 5 }, 1);
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, (_, id) => under.submit({ id, ailment: 'sound' })));
    const taken = outcomes.flatMap((o, id) => (o.status === 'fulfilled' ? [id] : []));
    expect(taken.length).toBeGreaterThanOrEqual(5);
    expect(taken.length).toBeLessThan(40);
    expect(await done()).toEqual(taken);
    for (const one of outcomes)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'overloaded', retryable: true } satisfies Partial<Fault>);
  });

  it('lets each have a turn while one sends a flood, keeps the order of each, and leaves the others room', async () => {
    const order: string[] = [];
    const work = (_em: EntityManager, items: readonly string[]): Promise<string[]> => {
      order.push(...items);
      return Promise.resolve([...items]);
    };
    const under = batcher<string, string>({ work, maxItems: 4, maxQueued: 40, turnOf: (item) => item[0] ?? '' }, 1);
    const flood = Array.from({ length: 100 }, (_, i) => under.submit(`f${i}`));
    const others = ['a', 'b', 'c'].flatMap((who) => [under.submit(`${who}0`), under.submit(`${who}1`)]);
    expect(await Promise.all(others)).toEqual(['a0', 'a1', 'b0', 'b1', 'c0', 'c1']);
    const outcomes = await settled(flood);
    // idle: the first goes at once; then half of the line at most
    expect(outcomes.filter((o) => o !== 'failed')).toHaveLength(1 + 20);
    expect(order.slice(0, 9).sort()).toEqual(['a0', 'a1', 'b0', 'b1', 'c0', 'c1', 'f0', 'f1', 'f2'].sort());
    for (const who of ['f', 'a', 'b', 'c']) {
      const own = order.filter((item) => item.startsWith(who)).map((item) => Number(item.slice(1)));
      expect(own).toEqual([...own].sort((x, y) => x - y));
    }
  });

  it('takes nothing after it was closed, and closes when all that it took is done', async () => {
    const under = batcher<Item, string>({ work: write, maxItems: 3 }, 1);
    const outcomes = Array.from({ length: 20 }, (_, id) => under.submit({ id, ailment: id === 7 ? 'throws' : 'sound' }));
    const seen = settled(outcomes);
    const closing = under.close();
    await expect(under.submit({ id: 99, ailment: 'sound' })).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    await closing;
    expect(await done()).toEqual(Array.from({ length: 20 }, (_, id) => id).filter((id) => id !== 7));
    expect((await seen).filter((o) => o === 'failed')).toHaveLength(1);
    await under.close();
  });
});
