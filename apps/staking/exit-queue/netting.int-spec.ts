import { amount } from '#kernel';
import { RateStandingProcessor } from '../pools/rate-standing.processor.js';
import { ETH, OpenStaking, operationId, POOL, type Person } from '../staking.spec-support.js';
import { ExitSettlementService } from './exit-settlement.service.js';
import { behind } from './reserved.store.js';

let s: OpenStaking;
let ada: Person;
let bo: Person;
let keys: string[];
const seen = () => keys.map((pubkey) => ({ pubkey }));
const batches = async () => (await s.query<{ n: number }>(`SELECT count(*)::int AS n FROM staking.batch WHERE kind <> 'netting'`))[0]?.n;
const open = async (env: Record<string, string> = {}): Promise<void> => {
  s = await OpenStaking.ready(env);
  [ada, bo] = [await s.funded(200n * ETH), await s.funded(200n * ETH)];
  keys = [];
  for (let n = 0; n < 3; n++) {
    await s.stake(ada, '32');
    keys.push(await s.fillValidator());
  }
  await s.report(seen());
};
afterEach(() => s.close());

describe('stakes that those who leave wait for', () => {
  it('go into no batch: the next report nets both', async () => {
    await open();
    const exit = operationId(await s.unstake(ada, '64'));
    await s.stake(bo, '32');
    const stake = operationId(await s.stake(bo, '32'));
    await s.schedules().allocate();
    expect(await batches()).toBe(3);
    await s.report(seen());
    expect(await s.operation(ada, exit)).toMatchObject({ state: 'settled', amounts: { settled: { amount: '64' } } });
    expect(await s.operation(bo, stake)).toMatchObject({ state: 'active' });
    expect(await s.balance('client.available', ada.uuid)).toBe(168n * ETH);
    expect([await batches(), (await s.requested('validator_exit')).length]).toEqual([3, 0]);
    await s.closes();
  });

  it('are the first of the queue: what lies behind them fills a validator', async () => {
    await open();
    await s.unstake(ada, '20');
    await s.stake(bo, '30');
    await s.stake(bo, '21');
    await s.schedules().allocate();
    expect(await batches()).toBe(3); // 31 lie behind
    const pool = await s.call(null, 'GET', `/v1/staking/pools/${POOL}`);
    expect(pool.body).toMatchObject({ next_batch_missing: { amount: '1' }, exit_queue: { orders: 1, nominal: { amount: '20' } } });
    await s.stake(bo, '1');
    await s.schedules().allocate();
    expect(await batches()).toBe(4);
    const parts = await s.query(
      `SELECT p.amount::text FROM staking.order_part p JOIN staking.orders o ON o.id = p.order_id WHERE p.state = 'allocated' ORDER BY o.place`,
    );
    expect(parts).toEqual([10n, 21n, 1n].map((eth) => ({ amount: String(eth * ETH) })));
    await s.report(seen());
    expect(await s.balance('client.available', ada.uuid)).toBe(124n * ETH);
    await s.closes();
  });

  it('wait for no report that may not come: after a day without a rate validators take them', async () => {
    await open();
    await s.unstake(ada, '64');
    await s.stake(bo, '32');
    await s.hear(RateStandingProcessor, 'standing', { poolId: POOL, standing: 'late', since: s.clock.now().toISOString() });
    await s.schedules().allocate();
    expect(await batches()).toBe(3);
    s.clock.advance(86_400_001);
    await s.schedules().allocate();
    expect(await batches()).toBe(4);
  });

  it('are kept for nobody where nothing nets', async () => {
    await open({ NETTING: 'off' });
    await s.unstake(ada, '64');
    await s.stake(bo, '32');
    await s.schedules().allocate();
    expect(await batches()).toBe(4);
  });
});

it('credits nobody before those who came earlier, however few they are', async () => {
  await open({ EXITS_AT_ONCE: '1' });
  const states = async () =>
    (await s.query<{ state: string }>('SELECT state FROM staking.exit_request r ORDER BY r.place')).map(({ state }) => state);
  await s.stake(bo, '6');
  await s.unstake(ada, '1');
  await s.unstake(ada, '2');
  await s.report(seen());
  expect(await states()).toEqual(['fixed', 'fixed']); // more than one: they are paid in chunks
  await s.unstake(ada, '3');
  await s.report(seen());
  expect(await s.query('SELECT to_place::int AS place FROM staking.exit_range ORDER BY number')).toEqual([{ place: 2 }, { place: 3 }]);
  expect(await states()).toEqual(['fixed', 'fixed', 'fixed']);
  await s.service(ExitSettlementService).settleDue();
  expect(await states()).toEqual(['paid', 'paid', 'paid']);
  await s.unstake(ada, '1');
  await s.stake(bo, '1');
  await s.report(seen());
  expect(await states()).toEqual(['paid', 'paid', 'paid', 'paid']); // nobody is before it
  await s.closes();
});

it('takes what is kept from the beginning of the queue, unit by unit', () => {
  const stakes = [3n, 5n, 2n].map((units) => ({ unallocated: amount(units) }));
  const left = (units: bigint) => behind(stakes, amount(units)).map((stake) => stake.unallocated);
  expect([0n, 2n, 3n, 9n, 10n, 11n].map(left)).toEqual([[3n, 5n, 2n], [1n, 5n, 2n], [5n, 2n], [1n], [], []]);
});
