import { publicId } from '#kernel';
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

it('is rejected after it was approved too, as long as it has not gone out', async () => {
  const { url, one, two } = await held();
  rewards.chain.blockHash = null; // the node does not know its block: it waits
  const { content_hash } = (await rewards.call(one, 'GET', `/v1/rewards/reports/${POOL}/${url.split('/').at(-1) ?? ''}`)).body;
  const agree = { content_hash, comment: 'looks right' };
  for (const who of [one, two]) await rewards.call(who, 'POST', `${url}/approve`, agree);
  expect(await reports()).toMatchObject([{ state: 'approved' }]);
  const thirds = await rewards.staff('treasury');
  expect(await rewards.call(thirds, 'POST', `${url}/reject`, { comment: 'looked again' })).toMatchObject({
    ...{ status: 200, body: { state: 'rejected' } },
  });
  expect(await sent()).toEqual([]);
});

it('goes out for what two people saw, and nothing else', async () => {
  const { url, one, two } = await held();
  const path = `/v1/rewards/reports/${POOL}/${url.split('/').at(-1) ?? ''}`;
  const approve = async (who: Person) => {
    const { content_hash } = (await rewards.call(who, 'GET', path)).body;
    return rewards.call(who, 'POST', `${url}/approve`, { content_hash, comment: 'looks right' });
  };
  expect((await approve(one)).body).toMatchObject({ approvals: 1 });
  await rewards.query(`UPDATE rewards.approval SET content_hash = repeat('a', 64)`);
  expect((await approve(two)).body).toMatchObject({ state: 'held' }); // the first voice was for something else
  await rewards.query(`UPDATE rewards.report SET content_hash = repeat('b', 64)`);
  expect((await approve(await rewards.staff('treasury'))).status).toBe(500);
  expect(await reports()).toMatchObject([{ state: 'held' }]);
});

it('holds a pool whose report the books refused, until people let it flow', async () => {
  await open();
  const pubkey = await rewards.activate();
  rewards.chain.epoch += 1n;
  await rewards.observe();
  await rewards.refused();
  rewards.chain.earned.set(pubkey, { reward: REWARD });
  rewards.chain.epoch += 1n;
  await rewards.observe();
  expect(await reports()).toMatchObject([
    { number: 1, state: 'rejected', reason: 'report.inconsistent: no' },
    { number: 1, state: 'held', exceeded: ['pool_held'] },
  ]);
  const treasury = await rewards.staff('treasury');
  const [row] = await rewards.query<{ id: string }>(`SELECT id FROM rewards.report WHERE state = 'held'`);
  await rewards.call(treasury, 'POST', `/v1/rewards/reports/${publicId('report', row?.id ?? '')}/reject`, { comment: 'repaired' });
  const release = (who: Person) => rewards.call(who, 'POST', `/v1/rewards/reports/${POOL}/release`, { comment: 'repaired' });
  expect((await release(treasury)).body).toEqual({ pool_id: POOL, reports: 'held', standing: 'held', voices: 1, voices_needed: 2 });
  expect(await release(treasury)).toMatchObject({ status: 409, body: { code: 'pool.already_agreed' } });
  expect(await rewards.query('SELECT state FROM rewards.pool')).toEqual([{ state: 'held' }]);
  expect((await release(await rewards.staff('treasury'))).body).toEqual({ pool_id: POOL, reports: 'flowing', standing: 'held' });
  await rewards.observe();
  expect((await reports()).at(-1)).toMatchObject({ number: 1, state: 'within_limits' });
});

it('can be held by people before anything is wrong', async () => {
  await open();
  await rewards.activate();
  const officer = await rewards.staff('senior_officer');
  expect((await rewards.call(officer, 'POST', `/v1/rewards/reports/${POOL}/hold`, { comment: 'incident' })).body).toMatchObject({
    reports: 'held',
  });
  expect((await rewards.call(officer, 'POST', `/v1/rewards/reports/${POOL}/hold`, { comment: 'incident' })).status).toBe(200);
  expect((await rewards.call(officer, 'POST', `/v1/rewards/reports/${POOL}/release`, { comment: 'over' })).status).toBe(403);
  const treasury = await rewards.staff('treasury');
  expect((await rewards.call(treasury, 'POST', `/v1/rewards/reports/${POOL}/release`, { comment: 'over' })).body).toMatchObject({
    reports: 'flowing',
  });
  await rewards.call(officer, 'POST', `/v1/rewards/reports/${POOL}/hold`, { comment: 'again' });
  rewards.chain.epoch += 1n;
  await rewards.observe();
  expect(await reports()).toMatchObject([{ state: 'held', exceeded: ['pool_held'] }]);
});

it('is stopped by the books also where people stopped it before, and then one of them does not release it', async () => {
  await open();
  await rewards.activate();
  rewards.chain.epoch += 1n;
  await rewards.observe();
  const treasury = await rewards.staff('treasury');
  const turn = (what: string) => rewards.call(treasury, 'POST', `/v1/rewards/reports/${POOL}/${what}`, { comment: 'incident' });
  await turn('hold');
  await rewards.refused();
  expect((await turn('release')).body).toMatchObject({ reports: 'held', voices: 1 });
});
