import { QueryFailedError } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '#testing';
import { afterCommit, type Transactor } from './transactor.js';

describe('the transactor on PostgreSQL', () => {
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

  it('calls what is for after the commit once the transaction is there, and not for one that was rolled back or runs again', async () => {
    const called: number[] = [];
    let tries = 0;
    await transactor.run((em) => {
      afterCommit(em, () => called.push(++tries));
      if (tries++ === 0) throw new QueryFailedError('', [], Object.assign(new Error('deadlock'), { code: '40P01' }));
      return Promise.resolve();
    });
    expect([tries, called]).toEqual([3, [3]]);
    await expect(
      transactor.run((em) => {
        afterCommit(em, () => called.push(0));
        throw new Error('stop');
      }),
    ).rejects.toThrow('stop');
    expect(called).toEqual([3]);
  });
});
