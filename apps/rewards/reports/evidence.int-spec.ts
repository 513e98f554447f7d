import { newUuid, publicId } from '#kernel';
import { ETH, hex, OpenRewards, POOL, type Called, type Person } from '../rewards.spec-support.js';
import { ReportsProcessor } from './reports.processor.js';

let rewards: OpenRewards;
const open = async (env: Record<string, string> = {}): Promise<OpenRewards> => (rewards = await OpenRewards.start(env));
afterEach(() => rewards.close());

const LOSS = -ETH / 100n;
const sent = () => rewards.said('report.apply@1');
const standings = async (): Promise<string[]> => (await rewards.said('report.standing@1')).map((s) => `${s.standing} ${s.number}`);
const rows = (): Promise<{ id: string; state: string; exceeded: string[]; reason: string | null }[]> =>
  rewards.query('SELECT id, state, exceeded, reason FROM rewards.report ORDER BY created_at');
const urlOfLast = async (): Promise<string> => `/v1/rewards/reports/${publicId('report', (await rows()).at(-1)?.id ?? '')}`;
const period = async (earned: Record<string, object>): Promise<void> => {
  rewards.chain.epoch += 1n;
  for (const [pubkey, seen] of Object.entries(earned)) rewards.chain.earned.set(pubkey, seen);
  await rewards.observe();
};
const approve = async (who: Person, comment = 'looked at'): Promise<Called> => {
  const url = await urlOfLast();
  const { content_hash } = (await rewards.call(who, 'GET', url)).body;
  return rewards.call(who, 'POST', `${url}/approve`, { comment, content_hash });
};
/** Nothing went to staking, and no rate moved. */
const nothingMoved = async (): Promise<void> => {
  expect(await sent()).toEqual([]);
  expect(await rewards.query('SELECT report_number, reported_slot FROM rewards.pool')).toEqual([{ report_number: 0, reported_slot: null }]);
};

describe('a loss', () => {
  it('that one source tells alone is held, and nobody trades meanwhile', async () => {
    await open({ REPORT_CONFIRM_LOSS: 'yes' });
    const pubkey = await rewards.activate();
    await period({ [pubkey]: { reward: LOSS } });
    expect(await rows()).toMatchObject([{ state: 'held', exceeded: ['loss_unconfirmed'] }]);
    await nothingMoved();
    expect(await standings()).toEqual(['held 1']);
    const officer = await rewards.staff('officer');
    const { body } = await rewards.call(officer, 'GET', await urlOfLast());
    expect(body.evidence.sources).toEqual({ asked: 1, compared: 0, agree: null, differing: [] });
    expect(body.evidence.limits.find((l: { limit: string }) => l.limit === 'loss_unconfirmed')).toEqual({
      limit: 'loss_unconfirmed',
      value: '1',
      threshold: '2',
      unit: 'sources',
      exceeded: true,
    });
  });

  it('that a second source confirms, validator by validator, is reported', async () => {
    await open({ REPORT_CONFIRM_LOSS: 'yes' });
    const pubkey = await rewards.activate();
    const seen = { reward: LOSS };
    rewards.chain.second = new Map([[pubkey, seen]]);
    await period({ [pubkey]: seen });
    expect(await rows()).toMatchObject([{ state: 'within_limits', exceeded: [] }]);
    expect(await sent()).toMatchObject([{ validators: [{ reward: String(LOSS) }] }]);
    const { body } = await rewards.call(await rewards.staff('auditor'), 'GET', await urlOfLast());
    expect(body.evidence.sources).toEqual({ asked: 2, compared: 1, agree: true, differing: [] });
    expect(body.evidence.loss_carried).toEqual({ before_atomic: '0', after_atomic: String(-LOSS) });
  });

  it('or a gain of which two sources say different things is held with what each says', async () => {
    await open();
    const pubkey = await rewards.activate();
    rewards.chain.second = new Map([[pubkey, { reward: 7n }]]);
    await period({ [pubkey]: { reward: 8n } });
    expect(await rows()).toMatchObject([{ state: 'held', exceeded: ['sources_differ'] }]);
    await nothingMoved();
    const { body } = await rewards.call(await rewards.staff('auditor'), 'GET', await urlOfLast());
    expect(body.evidence.sources).toMatchObject({ asked: 2, agree: false, differing: [{ pubkey, reward: ['8', '7'] }] });
  });
});

describe('what cannot be', () => {
  it('a balance above the possible, a reward beyond any proposal, a block that pays too much: each is held', async () => {
    await open({ REPORT_MAX_BLOCK: '1000' });
    const pubkey = await rewards.activate();
    await period({ [pubkey]: { reward: 4_000n * ETH } });
    await rewards.executed('mev', 1_001n, 1n);
    expect(await rows()).toMatchObject([{ state: 'held', exceeded: ['rise', 'annualised', 'balance_impossible', 'validator_reward'] }]);
    const treasury = await rewards.staff('treasury');
    await rewards.call(treasury, 'POST', `${await urlOfLast()}/reject`, { comment: 'cannot be' });
    await period({ [pubkey]: { reward: 1n } });
    expect((await rows()).at(-1)).toMatchObject({ state: 'held', exceeded: ['block_reward'] });
    await nothingMoved();
    const { body } = await rewards.call(treasury, 'GET', await urlOfLast());
    expect(body.evidence.outliers).toMatchObject([{ pubkey, reward: '1' }]);
  });

  it('a validator that nobody asked for, and figures that do not add up: no report, and people hear of it', async () => {
    await open();
    const pubkey = await rewards.activate();
    await period({ [pubkey]: { pubkey: hex(48), reward: 1n } });
    await period({ [pubkey]: { emptied: true } }); // emptied, and all of it still there
    expect(await rows()).toEqual([]);
    await nothingMoved();
    const { body } = await rewards.call(await rewards.staff('officer'), 'GET', '/v1/rewards/pools');
    expect(body.data).toMatchObject([{ pool_id: POOL, standing: 'current', trouble: { code: 'report.observation_unsound' } }]);
    await period({ [pubkey]: { reward: 1n } });
    expect(await rows()).toHaveLength(1);
    expect((await rewards.call(await rewards.staff('officer'), 'GET', '/v1/rewards/pools')).body.data[0].trouble).toBeNull();
  });
});

describe('a report of a fork', () => {
  it('does not go out: its block is looked for again when people have agreed', async () => {
    await open({ REPORT_MAX_RISE_BPS: '0' });
    const pubkey = await rewards.activate();
    await period({ [pubkey]: { reward: 5n } });
    await rewards.executed('mev', 3n, 1n);
    const [one, two] = [await rewards.staff('treasury'), await rewards.staff('treasury')];
    await approve(one);
    rewards.chain.blockHash = null; // the node does not know: it is asked again
    expect((await approve(two)).body).toMatchObject({ state: 'approved' });
    await nothingMoved();
    rewards.chain.blockHash = `0x${'d'.repeat(64)}`;
    await rewards.observe();
    expect((await rows())[0]).toMatchObject({ state: 'rejected', reason: expect.stringContaining('0xdddd') });
    await nothingMoved();
    expect(await rewards.query('SELECT state FROM rewards.pool')).toEqual([{ state: 'held' }]);
    expect(await standings()).toEqual(['held 1']);
    expect(await rewards.query('SELECT 1 FROM rewards.execution_reward WHERE report_id = $1', [(await rows())[0]?.id])).toEqual([]);
  });

  it('goes out when its block is still there', async () => {
    await open({ REPORT_MAX_RISE_BPS: '0' });
    const pubkey = await rewards.activate();
    await period({ [pubkey]: { reward: 5n } });
    await approve(await rewards.staff('treasury'));
    rewards.chain.blockHash = null;
    await approve(await rewards.staff('treasury'));
    rewards.chain.blockHash = `0x${'b'.repeat(64)}`;
    await rewards.observe();
    expect(await sent()).toHaveLength(1);
    await rewards.observe();
    expect(await sent()).toHaveLength(1); // once
  });
});

it('approves what was seen and nothing else; what was approved is what is sent', async () => {
  await open({ REPORT_MAX_RISE_BPS: '0' });
  const pubkey = await rewards.activate();
  await period({ [pubkey]: { reward: 5n } });
  const treasury = await rewards.staff('treasury');
  const url = await urlOfLast();
  const refused = await rewards.call(treasury, 'POST', `${url}/approve`, { comment: 'blind', content_hash: 'a'.repeat(64) });
  expect(refused).toMatchObject({ status: 409, body: { code: 'report.changed' } });
  expect(await rewards.call(treasury, 'POST', `${url}/approve`, { comment: 'blind' })).toMatchObject({ status: 400 });
  await approve(treasury, 'seen');
  const { content_hash } = (await rewards.call(treasury, 'GET', url)).body;
  await rewards.query('UPDATE rewards.report SET reward = reward + 1'); // behind the doors
  const other = await rewards.staff('treasury');
  expect((await rewards.call(other, 'POST', `${url}/approve`, { comment: 'seen', content_hash })).body).toMatchObject({
    code: 'report.changed',
  });
  await nothingMoved();
});

it('shows, with a held report, what people approved before it', async () => {
  await open({ REPORT_MAX_RISE_BPS: '0' });
  const pubkey = await rewards.activate();
  const [one, two] = [await rewards.staff('treasury'), await rewards.staff('treasury')];
  await period({ [pubkey]: { reward: 5n } });
  await approve(one, 'a proposal');
  await approve(two, 'seen on chain');
  await rewards.applied();
  await period({ [pubkey]: { reward: 6n } });
  const { body } = await rewards.call(one, 'GET', await urlOfLast());
  expect(body.evidence.earlier_approvals).toMatchObject([
    { number: 1, exceeded: ['rise'], comment: 'seen on chain' },
    { number: 1, exceeded: ['rise'], comment: 'a proposal' },
  ]);
  expect(body.evidence.trailing).toMatchObject({ days: 30, reward_atomic: '5' });
  expect(await standings()).toEqual(['held 1', 'current 1', 'held 2']);
});

describe("staking's answer", () => {
  it('is taken once, in order, of a report that is known, and of what was observed', async () => {
    await open();
    const pubkey = await rewards.activate();
    await period({ [pubkey]: { reward: 1_000n } });
    const answer = { poolId: POOL, poolAssets: '1', poolShares: '1', rewardIndex: '1', reward: '1000', commission: '100', covered: '0' };
    const reportId = (await rows())[0]?.id ?? '';
    const hear = (more: object): Promise<void> => rewards.hear(ReportsProcessor, 'applied', { ...answer, reportId, number: 1, ...more });
    await expect(hear({ reward: '999' })).rejects.toMatchObject({ code: 'report.reward_differs' });
    await expect(hear({ number: 2 })).rejects.toMatchObject({ code: 'report.answer_unknown' });
    await expect(hear({ reportId: newUuid() })).rejects.toMatchObject({ code: 'report.answer_unknown' });
    await hear({});
    await expect(hear({})).rejects.toThrow();
    expect(await rewards.query('SELECT report_number FROM rewards.pool')).toEqual([{ report_number: 1 }]);
    expect(await rewards.query('SELECT count(*)::int AS n FROM rewards.rate_total')).toEqual([{ n: 1 }]);
  });

  it('with more commission than the fee schedule can have charged stops the pool', async () => {
    await open();
    const pubkey = await rewards.activate();
    await period({ [pubkey]: { reward: 1_000n } });
    await rewards.applied(101n);
    expect(await rewards.query('SELECT state, standing FROM rewards.pool')).toEqual([{ state: 'held', standing: 'held' }]);
  });

  it('tells what covers bore, and how far the pool is below its mark', async () => {
    await open();
    const pubkey = await rewards.activate();
    await period({ [pubkey]: { reward: -1_000n } });
    const reportId = (await rows())[0]?.id;
    const answer = { poolId: POOL, poolAssets: '1', poolShares: '1', rewardIndex: '1', reward: '-1000', commission: '0', covered: '400' };
    await rewards.hear(ReportsProcessor, 'applied', { ...answer, reportId, number: 1 });
    const { body } = await rewards.call(await rewards.staff('auditor'), 'GET', '/v1/rewards/pools');
    expect(body.data[0]).toMatchObject({ loss_carried_at_most_atomic: '600', last_report: 1 });
    await period({ [pubkey]: { reward: 500n } });
    await rewards.applied(0n);
    const after = await rewards.call(await rewards.staff('auditor'), 'GET', '/v1/rewards/pools');
    expect(after.body.data[0]).toMatchObject({ loss_carried_at_most_atomic: '100' });
  });
});

describe('a report that should have come', () => {
  it('makes the rate late, once, and current again when one is applied', async () => {
    await open({ REPORT_LATE_AFTER_MS: '60000' });
    await rewards.observe();
    rewards.clock.advance(120_000);
    await rewards.observe();
    expect(await standings()).toEqual([]); // nothing to report yet
    const pubkey = await rewards.activate();
    await rewards.observe();
    rewards.clock.advance(60_001);
    await rewards.observe();
    await rewards.observe();
    expect(await standings()).toEqual(['late 1']);
    await period({ [pubkey]: { reward: 1n } });
    await rewards.applied();
    expect(await standings()).toEqual(['late 1', 'current 1']);
    const order = await rewards.query(`SELECT message FROM delivery.delivery WHERE subscriber = 'staking' ORDER BY position`);
    expect(order.slice(-2)).toEqual([{ message: 'report.standing@1' }, { message: 'report.apply@1' }]); // in time for those who wait
    rewards.clock.advance(60_001);
    await period({ [pubkey]: { reward: 1n } });
    expect(await standings()).toEqual(['late 1', 'current 1']);
    rewards.clock.advance(60_001); // sent, and staking does not answer
    await rewards.observe();
    expect(await standings()).toEqual(['late 1', 'current 1', 'late 2']);
  });

  it('and makes up for many periods waits for people', async () => {
    await open({ REPORT_MAX_PERIODS: '3' });
    const pubkey = await rewards.activate();
    rewards.chain.epoch += 3n;
    await period({ [pubkey]: { reward: 1n } });
    expect(await rows()).toMatchObject([{ state: 'held', exceeded: ['long_period'] }]);
  });
});

describe('a dry run', () => {
  const simulate = (who: Person, pool_id = POOL): Promise<Called> => rewards.call(who, 'POST', '/v1/rewards/reports/simulate', { pool_id });

  it('says what the next report would do, and stores nothing', async () => {
    await open({ REPORT_MAX_RISE_BPS: '0' });
    const officer = await rewards.staff('officer');
    expect((await simulate(officer)).body).toMatchObject({ would: 'nothing', code: 'period_not_over', stored: false });
    const pubkey = await rewards.activate();
    rewards.chain.epoch += 1n;
    rewards.chain.earned.set(pubkey, { reward: 5n });
    const { status, body } = await simulate(officer);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      would: 'be_held',
      report: { number: 1, reward_atomic: '5', exceeded: ['rise'], evidence: { sources: { asked: 1 } } },
    });
    expect(await rows()).toEqual([]);
    await rewards.observe();
    expect((await simulate(officer)).body).toMatchObject({
      would: 'nothing',
      code: 'report_open',
      open_report: publicId('report', (await rows())[0]?.id ?? ''),
    });
    expect(await simulate(officer, 'none')).toMatchObject({ status: 404 });
    expect(await simulate(await rewards.client())).toMatchObject({ status: 403 });
  });
});

it('charges at most the highest fee that may be in force', async () => {
  await open();
  const pubkey = await rewards.activate();
  const { PoolsProcessor } = await import('../pools/pools.processor.js');
  const fee = { poolId: POOL, tier: 'standard', version: 2, commissionBps: 1_500, effectiveAt: rewards.clock.now().toISOString() };
  await rewards.hear(PoolsProcessor, 'feesChanged', fee);
  await rewards.hear(PoolsProcessor, 'feesChanged', { ...fee, tier: 'gold', version: 1, commissionBps: 500 });
  await period({ [pubkey]: { reward: 1_000n } });
  expect(await rewards.query('SELECT expected_commission::text AS bound FROM rewards.report')).toEqual([{ bound: '150' }]);
});
