import { PoolsProcessor } from '../pools/pools.processor.js';
import { ETH, OpenRewards, POOL, type Person } from '../rewards.spec-support.js';

let rewards: OpenRewards;
let ada: Person;
let pubkey: string;
beforeEach(async () => {
  rewards = await OpenRewards.start();
  ada = await rewards.client();
  pubkey = await rewards.activate();
});
afterEach(() => rewards.close());

const report = async (reward: bigint, mev = 0n): Promise<void> => {
  rewards.chain.epoch += 1n;
  rewards.clock.advance(1_000);
  rewards.chain.earned.set(pubkey, { reward });
  if (mev > 0n) await rewards.executed('mev', mev, rewards.chain.epoch * 32n);
  await rewards.observe();
  await rewards.applied();
};
const pay = async (units: bigint): Promise<void> => {
  await rewards.earn([[ada, units]], units);
  await rewards.payOut();
};
const paid = async (query = ''): Promise<Record<string, unknown>[]> => (await rewards.call(ada, 'GET', `/v1/rewards${query}`)).body.data;

it('shows each payment with what it was before commission, what it is made of, and the reports it stands for', async () => {
  await report(3_000n, 1_000n);
  await pay(900n);
  await report(-500n);
  await report(600n, 300n);
  await pay(90n);
  const [second, first] = await paid();
  expect(first).toMatchObject({
    kind: 'staking_reward',
    amount_atomic: '900',
    gross_atomic: '1000',
    commission_atomic: '100',
    commission_bps: 1_000,
    components: [
      { component: 'consensus', denom: 'ETH', amount_atomic: '675' },
      { component: 'priority_fees', amount_atomic: '0' },
      { component: 'mev', amount_atomic: '225' },
    ],
    source: { chain: 'ethereum', first_report: 1, report_number: 1, after_epoch: null, epoch: '101', block: '3232', tx_hash: null },
  });
  expect(second).toMatchObject({
    amount_atomic: '90',
    gross_atomic: '100',
    components: [{ amount_atomic: '23' }, { amount_atomic: '0' }, { amount_atomic: '67' }], // 100 : 0 : 300
    source: { first_report: 2, report_number: 3, after_epoch: '101', epoch: '103' },
  });
});

it('shows no gross and no commission of what may have been paid at another rate than the standard one', async () => {
  await report(3_000n);
  await pay(900n);
  rewards.clock.advance(1);
  const fee = { poolId: POOL, tier: 'gold', version: 1, commissionBps: 500, effectiveAt: rewards.clock.now().toISOString() };
  await rewards.hear(PoolsProcessor, 'feesChanged', fee);
  await report(1_000n);
  await pay(95n);
  const [second, first] = await paid();
  expect(first).toMatchObject({ gross_atomic: '1000', commission_atomic: '100', commission_bps: 1_000 });
  expect(second).toMatchObject({
    ...{ amount_atomic: '95', gross: null, gross_atomic: null, commission: null, commission_atomic: null, commission_bps: null },
    ...{ basis: expect.stringContaining('different commissions'), components: [{ amount_atomic: '95' }, {}, {}] },
  });
});

it('is whole, page by page, and only the own', async () => {
  for (let i = 1n; i <= 5n; i++) {
    await report(1_000n);
    await pay(i);
  }
  const seen: unknown[] = [];
  let cursor = '';
  do {
    const { body } = await rewards.call(ada, 'GET', `/v1/rewards?limit=2${cursor}`);
    seen.push(...body.data.map((row: { amount_atomic: string }) => row.amount_atomic));
    cursor = body.page.next_cursor === null ? '' : `&cursor=${body.page.next_cursor}`;
  } while (cursor !== '');
  expect(seen).toEqual(['5', '4', '3', '2', '1']);
  expect((await rewards.call(await rewards.client(), 'GET', '/v1/rewards')).body.data).toEqual([]);
  const { body } = await rewards.call(ada, 'GET', '/v1/rewards/summary');
  expect(body.data).toMatchObject([{ asset: 'ETH', paid_atomic: '15', waiting_atomic: '0', payouts: 5 }]);
});

it('takes the commission that was in force', async () => {
  const { PoolsProcessor } = await import('../pools/pools.processor.js');
  rewards.clock.advance(1_000);
  const effectiveAt = rewards.clock.now().toISOString();
  await rewards.hear(PoolsProcessor, 'feesChanged', {
    poolId: 'eth-payout-1',
    tier: 'standard',
    version: 2,
    commissionBps: 2_000,
    effectiveAt,
  });
  await report(ETH / 1_000n);
  await pay(800n);
  expect((await paid())[0]).toMatchObject({ gross_atomic: '1000', commission_atomic: '200', commission_bps: 2_000 });
});
