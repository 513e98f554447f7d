import { newUuid } from '#kernel';
import { placeHold } from '#ledger';
import { DatabaseWorld } from './database-world.spec-support.js';
import { RebatesService } from './rebates.service.js';

const ETH = 10n ** 18n;
const PLACE = 'eth-compound-1';
const QUIET = { rewards: [0], dust: 0, executed: 0, sweep: 0, emptied: 0, slashed: 0, late: false, netting: true, pay: 1_000 };
/** Millionths of 32 ETH that are 1 ETH. */
const ONE = 31_250;

let w: DatabaseWorld;
beforeEach(async () => {
  const fees = new Map([
    ['standard', 1_000],
    ['gold', 0],
  ]);
  w = await DatabaseWorld.open('compound', fees);
  await w.move('bo', 'gold');
  await w.stake('ada', 48_000_000);
  await w.stake('bo', 16_000_000);
  await w.allocate();
  await w.activate();
  await w.report(QUIET);
});
afterEach(() => w.s.close());

const positionOf = async (name: string) =>
  (await w.s.call(w.person(name), 'GET', '/v1/staking/positions')).body.data.find(
    (p: { product_id: string }) => p.product_id === 'eth-compound',
  );

it('raises the rate by rewards less the standard commission, shows what positions are worth, and pays tiers back what they pay less', async () => {
  await w.report({ ...QUIET, rewards: [ONE], sweep: 1 });
  await w.check();
  const pool = (await w.s.call(null, 'GET', `/v1/staking/pools/${PLACE}`)).body;
  expect(pool).toMatchObject({ mode: 'compound', assets: { amount: '32.9' }, shares: { amount: '32' }, share_rate: '1.028125' });
  const [ada, bo] = [await positionOf('ada'), await positionOf('bo')];
  expect(ada).toMatchObject({
    mode: 'compound',
    value: { amount: '24.675' },
    rewards: { accrued: { amount: '0' }, settled_unpaid: { amount: '0' } },
  });
  expect(bo).toMatchObject({ value: { amount: '8.225' }, rewards: { accrued: { amount: '0.025' } } });
  expect((await w.s.said('report.applied@1')).at(-1)).toMatchObject({
    commission: String((ETH * 75n) / 1_000n),
    poolAssets: '32900000000000000000',
  });

  expect(await w.s.balance('pool.collected', PLACE)).toBe(ETH / 10n); // fee and rebate came in with the sweep; the rest is the pool's
  expect(await w.s.service(RebatesService).payAll(PLACE)).toBe(1);
  expect(await w.s.service(RebatesService).payAll(PLACE)).toBe(0);
  expect(await w.s.balance('client.available', w.person('bo').uuid)).toBe(ETH / 40n);
  expect(await w.s.balance('pool.collected', PLACE)).toBe(ETH / 10n - ETH / 40n);
  await w.s.closes();
});

it('pays no rebate before it is collected', async () => {
  await w.report({ ...QUIET, rewards: [ONE] });
  expect(await w.s.service(RebatesService).payAll(PLACE)).toBe(0);
  await w.report({ ...QUIET, sweep: 1 });
  expect(await w.s.service(RebatesService).payAll(PLACE)).toBe(1);
  await w.s.closes();
});

it('lets those who enter pay those who leave, with nothing on chain, and no more than is asked for', async () => {
  await w.unstake('ada', 50);
  await w.stake('cy', 40_000_000);
  await w.report(QUIET);
  await w.check();
  expect(await w.s.query(`SELECT kind, state, amount::text FROM staking.batch WHERE kind = 'netting'`)).toEqual([
    { kind: 'netting', state: 'active', amount: String(12n * ETH) },
  ]);
  expect(await w.s.balance('client.available', w.person('ada').uuid)).toBe(12n * ETH);
  const [order] = (await w.s.call(w.person('cy'), 'GET', '/v1/staking/operations')).body.data;
  expect(order).toMatchObject({ type: 'stake', state: 'queued', amounts: { settled: { amount: '12' } } });
  await w.s.closes();
});

it('keeps what a tier was owed through a change of tier, and never settles it as rewards', async () => {
  await w.report({ ...QUIET, rewards: [ONE], sweep: 1 });
  expect(await w.s.balance('client.rewards', w.person('bo').uuid)).toBe(0n);
  await w.move('bo', 'standard');
  expect(await w.s.balance('client.rewards', w.person('bo').uuid)).toBe(0n);
  expect(await w.s.service(RebatesService).payAll(PLACE)).toBe(1); // what was owed before the change is paid after it
});

describe('of two who get something back', () => {
  beforeEach(async () => {
    await w.move('ada', 'gold');
    await w.report({ ...QUIET, rewards: [ONE], sweep: 1 }); // 0.075 for ada, 0.025 for bo
  });
  const got = (name: string): Promise<bigint> => w.s.balance('client.available', w.person(name).uuid);

  it('whose account is closed is not paid', async () => {
    await w.s.query(`UPDATE staking.standing SET state = 'closed' WHERE client_id = $1`, [w.person('bo').uuid]);
    expect(await w.s.service(RebatesService).payAll(PLACE)).toBe(1);
    expect([await got('ada'), await got('bo')]).toEqual([(ETH * 75n) / 1_000n, 0n]);
    await w.s.closes();
  });

  it('each is paid what is in hand for it, though another’s is not', async () => {
    // who comes first is owed more than is left
    const [first, second] = ['ada', 'bo'].sort((a, b) => (w.person(a).uuid < w.person(b).uuid ? -1 : 1)) as [string, string];
    await w.s.query(`UPDATE staking.holder SET remainder = remainder + $1::numeric WHERE client_id = $2`, [
      (ETH * 10n ** 27n).toString(),
      w.person(first).uuid,
    ]);
    expect(await w.s.service(RebatesService).payAll(PLACE)).toBe(1);
    expect([await got(first), (await got(second)) > 0n]).toEqual([0n, true]);
  });

  it('whose payouts are stopped between look and posting lets the other be paid', async () => {
    const compliance = await w.s.database.transactor('compliance');
    const hold = { holdId: newUuid(), owner: w.person('ada').uuid, scopes: ['payout'] as const, reason: 'check' };
    const rebates = w.s.service(RebatesService);
    const looked = rebates as unknown as { write(...all: unknown[]): Promise<unknown> };
    const write = looked.write.bind(rebates);
    let times = 0;
    looked.write = async (...all) => {
      if (times++ === 0) await compliance.run((em) => placeHold(em, { ...hold, legalBasis: 'policy', placedBy: 'officer' }));
      return write(...all);
    };
    expect(await rebates.payAll(PLACE)).toBe(1);
    expect([times, await got('ada'), await got('bo')]).toEqual([2, 0n, ETH / 40n]);
    await w.s.closes();
  });
});
