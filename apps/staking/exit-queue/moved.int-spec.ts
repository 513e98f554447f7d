import { amount } from '#kernel';
import { ExitQueue1764000080006 } from '../../../migrations/staking/006-exit-queue.js';
import { at, priceOfUnits, QUEUE_POOL, QueueOnPostgres } from './exit-queue.spec-support.js';
import { fixSeeded } from './queue-bench.js';

/** Exits that were under way before there was a queue apart from the orders. */
describe('exits under way when the queue came', () => {
  let queue: QueueOnPostgres;
  const migration = new ExitQueue1764000080006();
  const asAdmin = async (work: 'up' | 'down'): Promise<void> => {
    const runner = queue.database.admin.createQueryRunner();
    try {
      await migration[work](runner);
    } finally {
      await runner.release();
    }
  };
  beforeAll(async () => {
    queue = await QueueOnPostgres.open();
    await asAdmin('down');
    const orders = [
      ['accepted', 10n, null], // committed late: the two behind it are fixed already
      ['exit_scheduled', 20n, 19n],
      ['unbonding', 30n, 33n],
      ['settled', 40n, 40n],
      ['cancelled', 50n, null],
      ['accepted', 60n, null],
    ] as const;
    for (const [state, shares, nominal] of orders) {
      const [row] = await queue.query<{ id: string }>(
        `INSERT INTO staking.orders (id, client_id, type, product_id, pool_id, state, state_since, created_at, requested, accepted, settled, unallocated,
           cancelled, shares, nominal, version)
         VALUES (gen_random_uuid(), gen_random_uuid(), 'unstake', 'queue', $1, $2, $3, $3, 0, 0, 0, 0, 0, $4, $5, 1) RETURNING id, client_id`,
        [QUEUE_POOL, state, at(), String(shares), nominal === null ? null : String(nominal)],
      );
      await queue.query(
        `INSERT INTO staking.holder (pool_id, client_id, shares, index_paid, remainder) SELECT $1, client_id, shares, 0, 0 FROM staking.orders WHERE id = $2`,
        [QUEUE_POOL, row?.id],
      );
    }
    await asAdmin('up');
  }, 60_000);
  afterAll(() => queue.close());

  const found = () =>
    queue.query<object>(
      `SELECT r.place::int, r.state, r.shares::text, r.nominal::text, r.cum_shares::text AS sum, r.payout::text FROM staking.exit_request r ORDER BY r.place`,
    );

  it('keep their order, fixed ones first, each a group of its own', async () => {
    expect(await found()).toEqual([
      { place: 1, state: 'fixed', shares: '20', nominal: '19', sum: '20', payout: null },
      { place: 2, state: 'fixed', shares: '30', nominal: '33', sum: '50', payout: null },
      { place: 3, state: 'waiting', shares: '10', nominal: null, sum: null, payout: null },
      { place: 4, state: 'waiting', shares: '60', nominal: null, sum: null, payout: null },
    ]);
    expect(await queue.query('SELECT report, end_place::int FROM staking.exit_group ORDER BY end_place')).toEqual([
      { report: -4, end_place: 1 },
      { report: -3, end_place: 2 },
    ]);
  });

  it('are paid by the next report as they would have been: each the lesser of its nominal and its value', async () => {
    const ranges = await queue.report(1, priceOfUnits(100n, 100n), amount(1_000n));
    expect(ranges.map(({ group, basis, setAside }) => [group, basis, setAside])).toEqual([
      [-4, 'nominal', 19n],
      [-3, 'value', 30n],
      [1, 'nominal', 70n],
    ]);
    while (await queue.settle(10));
    expect(await found()).toMatchObject([{ payout: '19' }, { payout: '30' }, { payout: '10' }, { payout: '60' }]);
    expect((await queue.run((em) => fixSeeded(em, QUEUE_POOL, 2, priceOfUnits(1n, 1n), at()))).requests).toBe(0);
  });
});
