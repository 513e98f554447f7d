import { QueryFailedError } from 'typeorm';
import type { Fault } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import { Batcher } from './batcher.js';
import type { Transactor } from './transactor.js';

describe('transactor and batcher on PostgreSQL', () => {
  let database: TestDatabase;
  let transactor: Transactor;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.admin.query('CREATE TABLE public.item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)');
    await database.admin.query('GRANT ALL ON public.item TO bailee_custody');
    await database.admin.query('INSERT INTO public.item VALUES (1), (2)');
    transactor = await database.transactor('custody');
  });
  afterAll(() => database.close());

  it('runs the whole function again after a deadlock, and loses nothing', async () => {
    const cross = (first: number, second: number): Promise<void> =>
      transactor.run(async (em) => {
        await em.query('UPDATE public.item SET n = n + 1 WHERE id = $1', [first]);
        await em.query('UPDATE public.item SET n = n + 1 WHERE id = $1', [second]);
      });
    await Promise.all(Array.from({ length: 6 }, (_, i) => (i % 2 ? cross(1, 2) : cross(2, 1))));
    const rows = await database.admin.query<{ n: number }[]>('SELECT n FROM public.item WHERE id IN (1, 2)');
    expect(rows.map((r) => r.n)).toEqual([6, 6]);
  });

  it('rolls back everything when the work throws', async () => {
    await expect(
      transactor.run(async (em) => {
        await em.query('INSERT INTO public.item VALUES (50)');
        throw new Error('stop');
      }),
    ).rejects.toThrow('stop');
    expect(await database.admin.query('SELECT 1 FROM public.item WHERE id = 50')).toEqual([]);
  });

  it('lets nobody write in a read', async () => {
    await expect(transactor.read((em) => em.query('INSERT INTO public.item VALUES (51)'))).rejects.toThrow(QueryFailedError);
  });

  it('decides waiting items together and lets one bad item fail alone', async () => {
    let transactions = 0;
    const batcher = new Batcher<number, string>(transactor, {
      maxItems: 100,
      maxWaitMs: 2,
      maxQueued: 1000,
      work: async (em, items) => {
        transactions++;
        for (const id of items) await em.query('INSERT INTO public.item VALUES ($1)', [id]);
        return items.map((id) => `item ${id}`);
      },
    });
    const ids = Array.from({ length: 40 }, (_, i) => 100 + i);
    const outcomes = await Promise.allSettled([...ids, 100].map((id) => batcher.submit(id)));
    const failed = outcomes.filter((o) => o.status === 'rejected');
    expect(failed).toHaveLength(1); // the duplicate 100, whichever of the two came second
    expect(outcomes.slice(1, 40)).toEqual(ids.slice(1).map((id) => ({ status: 'fulfilled', value: `item ${id}` })));
    expect(transactions).toBeLessThan(40);
    const [{ count }] = await database.admin.query<[{ count: number }]>(
      'SELECT count(*)::int FROM public.item WHERE id BETWEEN 100 AND 139',
    );
    expect(count).toBe(40);
  });

  it('refuses what it cannot queue', async () => {
    const batcher = new Batcher<number, number>(
      transactor,
      { maxItems: 1, maxWaitMs: 1, maxQueued: 2, work: (_em, items) => Promise.resolve([...items]) },
      1,
    );
    const results = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => batcher.submit(i)));
    const refused = results.filter((r) => r.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const one of refused) expect(one.reason).toMatchObject({ code: 'overloaded', retryable: true } satisfies Partial<Fault>);
  });
});
