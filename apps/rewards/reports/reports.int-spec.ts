import { Fault, newUuid, publicId } from '#kernel';
import { PoolsProcessor } from '../pools/pools.processor.js';
import { ETH, OpenRewards, POOL, type Person } from '../rewards.spec-support.js';
import { heldReport, reportRows, STRICT } from './reports.spec-support.js';

let rewards: OpenRewards;
const open = async (env: Record<string, string> = {}): Promise<OpenRewards> => (rewards = await OpenRewards.start(env));
afterEach(() => rewards.close());

const REWARD = ETH / 1_000n;
const reports = () => reportRows(rewards);
const sent = () => rewards.said('report.apply@1');
const held = async () => {
  await open(STRICT);
  return heldReport(rewards);
};

it('observes period after period from finalised state, one at a time, each opening with the closing of the last', async () => {
  await open({ REPORT_MIN_EPOCHS: '2' });
  await rewards.observe(); // no validators: nothing to observe
  const [first, second] = [await rewards.activate(`0x${'1a'.repeat(48)}`), await rewards.activate(`0x${'2b'.repeat(48)}`, 103n)];
  rewards.chain.epoch = 101n;
  await rewards.observe(); // too early
  expect(await reports()).toEqual([]);

  rewards.chain.epoch = 102n;
  rewards.chain.earned.set(first, { reward: REWARD });
  await rewards.observe();
  rewards.chain.epoch = 110n;
  await rewards.observe(); // one is under way
  expect(await reports()).toMatchObject([{ number: 1, state: 'within_limits', from_slot: 3_200, to_slot: 3_264, reward: String(REWARD) }]);
  const opening = String(32n * ETH);
  const closing = String(32n * ETH + REWARD);
  expect(await sent()).toMatchObject([
    {
      poolId: POOL,
      number: 1,
      fromSlot: '3200',
      toSlot: '3264',
      toEpoch: '102',
      toBlock: '3264',
      closedAt: '1970-01-01T00:00:00.000Z', // by the chain's clock
      validators: [{ pubkey: first, opening, closing, withdrawn: '0', reward: String(REWARD), emptied: false }],
    },
  ]);
  await rewards.applied(REWARD / 10n);
  expect(await reports()).toMatchObject([{ state: 'applied' }]);

  rewards.chain.earned.set(first, { reward: 3n * REWARD, withdrawn: 4n * REWARD });
  rewards.chain.earned.set(second, { reward: -REWARD });
  await rewards.observe();
  const two = (await sent())[1];
  expect(two).toMatchObject({ number: 2, fromSlot: '3264', toSlot: '3520' });
  expect(two.validators).toMatchObject([
    { pubkey: first, opening: closing, closing: opening, withdrawn: String(4n * REWARD), reward: String(3n * REWARD), emptied: false },
    { pubkey: second, opening, closing: String(32n * ETH - REWARD), withdrawn: '0', reward: String(-REWARD), emptied: false },
  ]);
  expect(rewards.chain.asked[1]?.map((p) => p.sinceSlot)).toEqual([3_264n, 3_296n]);
});

it('waits while the chain does not answer, and makes no report of a period that another instance has reported', async () => {
  await open();
  await rewards.activate();
  rewards.chain.epoch += 1n;
  rewards.chain.trouble = new Fault('chain.syncing', 'behind', true);
  await rewards.observe();
  expect(await reports()).toEqual([]);
  rewards.chain.trouble = null;
  await Promise.all([rewards.observe(), rewards.observe(), rewards.observe()]);
  expect(await reports()).toHaveLength(1);
  expect(await sent()).toHaveLength(1);
});

describe('a report beyond its limits', () => {
  it('is held until two people agree', async () => {
    const { id, url, one, two } = await held();
    expect(await reports()).toMatchObject([{ state: 'held', exceeded: ['rise'] }]);
    expect(await sent()).toEqual([]);
    rewards.chain.epoch += 5n;
    await rewards.observe();
    expect(await reports()).toHaveLength(1);

    const { content_hash } = (await rewards.call(one, 'GET', url)).body;
    const key = newUuid();
    expect(await rewards.call(one, 'POST', `${url}/approve`, { comment: 'a proposal', content_hash }, key)).toMatchObject({
      status: 200,
      body: { state: 'held', approvals: 1 },
    });
    expect((await rewards.call(one, 'POST', `${url}/approve`, { comment: 'a proposal', content_hash }, key)).body).toMatchObject({
      approvals: 1,
    });
    expect((await rewards.call(one, 'POST', `${url}/approve`, { comment: 'again', content_hash })).body).toMatchObject({
      code: 'report.already_approved',
    });
    expect(await sent()).toEqual([]);
    expect((await rewards.call(two, 'POST', `${url}/approve`, { comment: 'seen on chain', content_hash })).body).toMatchObject({
      state: 'approved',
      approvals: 2,
    });
    expect(await sent()).toHaveLength(1);
    expect((await rewards.call(two, 'POST', `${url}/reject`, { comment: 'too late' })).body).toMatchObject({
      code: 'report.forbidden_move',
    });
    await rewards.applied(ETH / 10n);

    const { body } = await rewards.call(one, 'GET', `/v1/rewards/reports/${POOL}/${id}`);
    expect(body).toMatchObject({
      state: 'applied',
      reward: '1',
      commission: '0.1',
      expected_commission: '0.1',
      approvals_needed: 2,
      exceeded: ['rise'],
    });
    expect(body.approvals.map((a: { comment: string }) => a.comment)).toEqual(['a proposal', 'seen on chain']);
    expect(body.steps.map((s: { to: string }) => s.to)).toEqual(['simulated', 'held', 'approved', 'applied']);
    const audit = await rewards.query<{ action: string; actor_id: string }>('SELECT action, actor_id FROM audit.event ORDER BY seq');
    expect(audit).toEqual([
      { action: 'report.hold', actor_id: 'report.limits' },
      { action: 'rate.held', actor_id: 'report.standing' },
      { action: 'report.approve', actor_id: one.uuid },
      { action: 'report.approve', actor_id: two.uuid },
      { action: 'rate.current', actor_id: 'report.standing' },
    ]);
  });

  it('is observed again when it is rejected', async () => {
    const { url, one } = await held();
    expect((await rewards.call(one, 'POST', `${url}/reject`, { comment: 'cannot be' })).body).toMatchObject({
      state: 'rejected',
      reason: 'cannot be',
    });
    const [validator] = await rewards.query<{ pubkey: string }>('SELECT pubkey FROM rewards.validator');
    rewards.chain.earned.set(validator?.pubkey ?? '', { reward: REWARD });
    rewards.chain.epoch += 1n;
    await rewards.observe();
    expect(await reports()).toMatchObject([
      { number: 1, state: 'rejected' },
      { number: 1, state: 'within_limits', from_slot: 3_200 },
    ]);
  });

  it('stops payouts of its pool', async () => {
    const { one } = await held();
    const client = await rewards.client();
    await rewards.earn([[client, ETH]], ETH);
    await rewards.plan();
    expect(await rewards.said('settlement.request@1')).toEqual([]);
    expect((await rewards.call(one, 'POST', '/v1/rewards/payout-runs', { pool_id: POOL })).body).toMatchObject({
      code: 'payout_run.report_held',
    });
  });
});

it('counts execution rewards once, up to its block, late ones too, and again when a report came to nothing', async () => {
  const { url, one } = await held();
  await rewards.executed('priority_fees', 5n, 3_200n);
  expect(await rewards.call(one, 'POST', `${url}/reject`, { comment: 'cannot be' })).toMatchObject({ status: 200 });
  const [validator] = await rewards.query<{ pubkey: string }>('SELECT pubkey FROM rewards.validator');
  rewards.chain.earned.set(validator?.pubkey ?? '', { reward: 100n });
  const closed = (rewards.chain.epoch + 1n) * 32n;
  await rewards.executed('mev', 7n, closed);
  await rewards.executed('mev', 11n, closed + 1n); // of the next period
  rewards.chain.epoch += 1n;
  await rewards.observe();
  expect(await sent()).toMatchObject([{ execution: { priorityFees: '5', mev: '7' } }]);
  expect((await reports()).at(-1)).toMatchObject({ reward: '112' });
  await rewards.executed('priority_fees', 2n, closed - 1n); // the news of it came late
  await rewards.refused();
  rewards.chain.epoch += 1n;
  await rewards.observe();
  const [open] = await rewards.query<{ id: string }>(`SELECT id FROM rewards.report WHERE state = 'held'`);
  const page = (await rewards.call(one, 'GET', `/v1/rewards/reports/${POOL}/${publicId('report', open?.id ?? '')}`)).body;
  expect(page.components).toMatchObject([
    { component: 'consensus', denom: 'ETH', amount_atomic: '100' },
    { component: 'priority_fees', denom: 'ETH', amount_atomic: '7' },
    { component: 'mev', denom: 'ETH', amount_atomic: '18' },
  ]);
  const sums = await rewards.query('SELECT sum(amount)::text, count(*)::int FROM rewards.execution_reward WHERE report_id IS NOT NULL');
  expect(sums).toEqual([{ sum: '25', count: 4 }]);
});

it('lists reports page by page, and shows what a pool earned', async () => {
  await open();
  const pubkey = await rewards.activate();
  for (let i = 0; i < 3; i++) {
    rewards.chain.epoch += 1n;
    rewards.chain.earned.set(pubkey, { reward: REWARD });
    rewards.clock.advance(1_000);
    await rewards.observe();
    await rewards.applied(REWARD / 10n);
  }
  const auditor = await rewards.staff('auditor');
  const first = await rewards.call(auditor, 'GET', `/v1/rewards/reports/${POOL}?limit=2&state=applied`);
  expect(first.body.data.map((r: { number: number }) => r.number)).toEqual([3, 2]);
  expect(first.body.data[0]).toMatchObject({ reward: '0.001', reward_atomic: String(REWARD), state: 'applied', principal: '32' });
  const next = await rewards.call(
    auditor,
    'GET',
    `/v1/rewards/reports/${POOL}?limit=2&state=applied&cursor=${first.body.page.next_cursor}`,
  );
  expect(next.body.data.map((r: { number: number }) => r.number)).toEqual([1]);
  expect((await rewards.call(auditor, 'GET', '/v1/rewards/reports/none')).status).toBe(404);
  expect((await rewards.call(auditor, 'GET', `/v1/rewards/reports/${POOL}/rep_x`)).status).toBe(404);
  const { body } = await rewards.call(null, 'GET', '/v1/rewards/rates');
  expect(body.data).toMatchObject([
    {
      pool_id: POOL,
      rates: [
        { window: '1d', samples: 3 },
        { window: '7d' },
        { window: '30d' },
        { window: 'inception', gross: '2.568164', net: '2.311347' },
      ],
    },
  ]);
});

it('does not show anybody what the pool of one client earned', async () => {
  await open();
  const pool = { chain: 'ethereum', asset: 'ETH', commissionBps: 1_000, mode: 'compound' };
  await rewards.hear(PoolsProcessor, 'opened', {
    ...pool,
    poolId: 'eth-compound-1',
    productId: 'eth-compound',
    shareAsset: 'ETH-COMPOUND-1',
  });
  const own = { poolId: 'eth-dedicated-1', productId: 'eth-dedicated-1', shareAsset: 'ETH-DEDICATED-1', dedicated: true };
  await rewards.hear(PoolsProcessor, 'opened', { ...pool, ...own });
  const pools = async (who: Person | null, path: string) =>
    (await rewards.call(who, 'GET', `/v1/rewards/${path}`)).body.data.map((p: { pool_id: string }) => p.pool_id);
  expect(await pools(null, 'rates')).toEqual(['eth-compound-1', POOL]);
  expect(await pools(await rewards.client(), 'rates')).toEqual(['eth-compound-1', POOL]);
  expect(await pools(await rewards.staff('auditor'), 'pools')).toEqual(['eth-compound-1', 'eth-dedicated-1', POOL]);
});
