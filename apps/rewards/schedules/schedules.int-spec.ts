import { newUuid, publicId } from '#kernel';
import { PoolsProcessor } from '../pools/pools.processor.js';
import { ETH, OpenRewards, POOL, type Person } from '../rewards.spec-support.js';
import { RewardsSchedules } from './rewards.schedule.js';

let rewards: OpenRewards;
const open = async (env: Record<string, string> = {}): Promise<OpenRewards> => (rewards = await OpenRewards.start(env));
afterEach(() => rewards.close());

const HOUR = 3_600_000;
const CHANGES = `/v1/rewards/payout-schedules/${POOL}/changes`;
const nightly = { cron: '30 2 * * *', time_zone: 'Europe/Berlin', min_amount: '0.5', enabled: true, version: 1, reason: 'once a night' };
const look = (): Promise<void> => rewards.service(RewardsSchedules).plan();
const runs = (): Promise<{ id: string; due_at: Date | null; occurrences: number | null; schedule_version: number | null }[]> =>
  rewards.query('SELECT id, due_at, occurrences, schedule_version FROM rewards.payout_run ORDER BY created_at');
const finish = async (): Promise<void> => {
  await rewards.settled();
  await rewards.posting().postAll();
};
const changed = async (change: object): Promise<void> => {
  const [maker, checker] = [await rewards.staff('treasury'), await rewards.staff('treasury')];
  await look();
  const proposed = await rewards.call(maker, 'POST', CHANGES, { ...nightly, ...change });
  expect(proposed.status).toBe(201);
  expect((await rewards.call(checker, 'POST', `${CHANGES}/${proposed.body.id}/approve`, { comment: 'as agreed' })).status).toBe(200);
};
const earnALittle = async (who?: Person): Promise<void> => rewards.earn([[who ?? (await rewards.client()), ETH]], ETH);

describe('two people change when a pool pays out', () => {
  it('one proposes, another approves, and it counts from then on', async () => {
    await open();
    await look();
    const [maker, checker, auditor] = [await rewards.staff('treasury'), await rewards.staff('treasury'), await rewards.staff('auditor')];
    expect((await rewards.call(auditor, 'GET', '/v1/rewards/payout-schedules')).body.data).toMatchObject([
      { pool_id: POOL, cron: '* * * * *', time_zone: 'UTC', min_amount: '0', enabled: true, version: 1, changes: [] },
    ]);
    const key = newUuid();
    const proposed = await rewards.call(maker, 'POST', CHANGES, nightly, key);
    expect(proposed).toMatchObject({ status: 201, body: { state: 'proposed', based_on: 1, proposed_by: publicId('staff', maker.uuid) } });
    expect((await rewards.call(maker, 'POST', CHANGES, nightly, key)).headers['idempotent-replayed']).toBe('true');
    expect((await rewards.call(checker, 'POST', CHANGES, nightly)).body).toMatchObject({ code: 'payout_schedule.change_open' });
    const decide = (who: Person, act: string) =>
      rewards.call(who, 'POST', `${CHANGES}/${proposed.body.id}/${act}`, { comment: 'looked at' });
    expect((await decide(maker, 'approve')).body).toMatchObject({ code: 'payout_schedule.same_person', status: 403 });
    expect((await decide(auditor, 'approve')).status).toBe(403);
    expect((await decide(checker, 'approve')).body).toMatchObject({ state: 'approved', decided_by: publicId('staff', checker.uuid) });
    expect((await decide(checker, 'reject')).body).toMatchObject({ code: 'payout_schedule_change.forbidden_move' });
    const [now] = (await rewards.call(auditor, 'GET', '/v1/rewards/payout-schedules')).body.data;
    expect(now).toMatchObject({
      ...{ cron: nightly.cron, time_zone: 'Europe/Berlin', min_amount: '0.5', version: 2 },
      changes: [{ state: 'approved' }],
    });
    expect(now.next).toHaveLength(5);
    expect((await rewards.call(maker, 'POST', CHANGES, nightly)).body).toMatchObject({ code: 'payout_schedule.changed' });
    const acts = [...(await rewards.acts(maker)), ...(await rewards.acts(checker))].map((act) => act.action);
    expect(acts).toEqual(['payout_schedule.propose', 'payout_schedule.approve']);
  });

  it('the maker may withdraw it, and another may not decide on a schedule that was changed meanwhile', async () => {
    await open();
    await look();
    const [maker, checker] = [await rewards.staff('treasury'), await rewards.staff('treasury')];
    const first = await rewards.call(maker, 'POST', CHANGES, nightly);
    expect((await rewards.call(maker, 'POST', `${CHANGES}/${first.body.id}/reject`, { comment: 'not now' })).body).toMatchObject({
      state: 'rejected',
    });
    const second = await rewards.call(maker, 'POST', CHANGES, nightly);
    await rewards.query('UPDATE rewards.payout_schedule SET version = 7');
    expect((await rewards.call(checker, 'POST', `${CHANGES}/${second.body.id}/approve`, { comment: 'yes' })).body).toMatchObject({
      code: 'payout_schedule.changed',
    });
  });

  it.each([
    ['no cron', { cron: 'every night at 2' }, 400, 'payout_schedule.bad_cron'],
    ['seconds', { cron: '0 30 2 * * *' }, 400, 'payout_schedule.bad_cron'],
    ['no zone', { time_zone: 'Europe/Atlantis' }, 400, 'payout_schedule.bad_time_zone'],
    ['no such day', { cron: '0 0 31 2 *' }, 400, 'payout_schedule.never'],
    ['overlaps itself', { cron: '0,30 2 * * *' }, 400, 'payout_schedule.overlaps_itself'],
    ['no amount', { min_amount: '-1' }, 400, 'amount.malformed'],
    ['a unit too fine', { min_amount: '0.0000000000000000001' }, 400, 'amount.precision_exceeded'],
    ['more fields', { pool: 'other' }, 400, 'validation.failed'],
    ['another version', { version: 9 }, 409, 'payout_schedule.changed'],
  ])('refuses what is no schedule: %s', async (_what, wrong, status, code) => {
    await open({ PAYOUT_SHORTEST_MS: String(HOUR), PAYOUT_CRON: '0 4 * * *' });
    await look();
    const maker = await rewards.staff('treasury');
    expect((await rewards.call(maker, 'POST', CHANGES, { ...nightly, ...wrong })).body).toMatchObject({ status, code });
    expect((await rewards.call(maker, 'POST', '/v1/rewards/payout-schedules/none/changes', nightly)).status).toBe(404);
  });
});

describe('a run by schedule', () => {
  it('comes when it is due on the wall clock of its zone, once a day over the change to summer time', async () => {
    await open();
    rewards.clock.set(new Date('2026-03-27T12:00:00Z'));
    await changed({ min_amount: '0' });
    const client = await rewards.client();
    const due: (string | undefined)[] = [];
    for (let quarter = 0; quarter < 4 * 96; quarter++) {
      rewards.clock.advance(HOUR / 4);
      const before = (await runs()).length;
      if (quarter % 96 === 0) await earnALittle(client);
      await look();
      const all = await runs();
      if (all.length === before) continue;
      due.push(all.at(-1)?.due_at?.toISOString());
      await finish();
    }
    expect(due).toEqual(['2026-03-28T01:30:00.000Z', '2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z', '2026-03-31T00:30:00.000Z']);
    expect(await rewards.balance('client.available', client.uuid)).toBe(4n * ETH);
    expect((await runs()).every((run) => run.occurrences === 1 && run.schedule_version === 2)).toBe(true);
  });

  it('stands for all that were missed while nobody was there', async () => {
    await open();
    await changed({ cron: '0 * * * *' });
    await earnALittle();
    rewards.clock.advance(50 * HOUR);
    await look();
    await look();
    const [run, ...others] = await runs();
    expect(others).toEqual([]);
    expect(run?.occurrences).toBe(50);
    await finish();
    await look();
    expect(await runs()).toHaveLength(1);
    const treasury = await rewards.staff('treasury');
    const shown = await rewards.call(treasury, 'GET', `/v1/rewards/payout-runs/${publicId('payoutRun', run?.id ?? '')}`);
    expect(shown.body).toMatchObject({ occurrences: 50, due_at: run?.due_at?.toISOString(), planned_by: 'rewards' });
  });

  it('waits for the one before and then stands for what was due meanwhile; there are never two', async () => {
    await open({ AUTO_APPROVE_LIMIT: '0' });
    await changed({ cron: '0 * * * *', min_amount: '0' });
    await earnALittle();
    rewards.clock.advance(HOUR);
    await look();
    const first = await rewards.settled();
    await earnALittle();
    for (let hours = 0; hours < 3; hours++) {
      rewards.clock.advance(HOUR);
      await Promise.all([look(), look()]);
    }
    expect(await runs()).toHaveLength(1);
    const treasury = await rewards.staff('treasury');
    const { dry_run_hash } = await rewards.runRow(first);
    await rewards.call(treasury, 'POST', `/v1/rewards/payout-runs/${publicId('payoutRun', first)}/release`, {
      dry_run_hash,
      comment: 'good',
    });
    await rewards.posting().postAll();
    await Promise.all([look(), look()]);
    expect((await runs()).map((run) => run.occurrences)).toEqual([1, 3]);
  });

  it('does not come while it is disabled, and what was due then is not made up for', async () => {
    await open();
    await changed({ cron: '0 * * * *', enabled: false, min_amount: '0' });
    await earnALittle();
    rewards.clock.advance(5 * HOUR);
    await look();
    expect(await runs()).toEqual([]);
    await changed({ cron: '0 * * * *', version: 2, min_amount: '0' });
    await look();
    expect(await runs()).toEqual([]);
    rewards.clock.advance(HOUR);
    await look();
    expect((await runs()).map((run) => run.occurrences)).toEqual([1]);
  });

  it('is of pools that pay out, and of no others', async () => {
    await open();
    await rewards.hear(PoolsProcessor, 'opened', {
      ...{
        poolId: 'eth-compound-1',
        productId: 'eth-compound',
        chain: 'ethereum',
        asset: 'ETH',
        shareAsset: 'ETH-COMPOUND-1',
        commissionBps: 1_000,
      },
      mode: 'compound',
    });
    await earnALittle();
    await rewards.payOut();
    expect(await rewards.query('SELECT pool_id FROM rewards.payout_schedule')).toEqual([{ pool_id: POOL }]);
    const treasury = await rewards.staff('treasury');
    for (const path of ['/v1/rewards/payout-runs', '/v1/rewards/payout-runs/dry-run'])
      expect((await rewards.call(treasury, 'POST', path, { pool_id: 'eth-compound-1' })).body).toMatchObject({
        code: 'payout_run.not_a_payout_pool',
      });
  });
});

it('the room does not start with a schedule that nobody can live by', async () => {
  await open();
  await expect(OpenRewards.start({ PAYOUT_CRON: 'now and then' })).rejects.toThrow('payout_schedule.bad_cron');
});
