import { operatorBond } from '../losses/losses.spec-support.js';
import { DistributionPosting } from '../distributions/posting.service.js';
import { ETH, OpenStaking, operationId, POOL, type Person } from '../staking.spec-support.js';

let s: OpenStaking;
let ada: Person;
let [treasury, officer]: (Person | undefined)[] = [];
let pubkey = '';
beforeEach(async () => {
  s = await OpenStaking.ready();
  ada = await s.funded(100n * ETH);
  await s.stake(ada, '32');
  pubkey = await s.fillValidator();
  await operatorBond(s, pubkey, 'secretive-op');
  await s.report([{ pubkey }]);
  const given = ['deposit.unattributed', null, 1_000n] as const;
  await s.book([...given], ['unattributed.to_operator_bond', 'secretive-op', 300n], ['unattributed.to_recovery', POOL, 200n]);
  const view = s.chain.views.get(pubkey);
  if (view) s.chain.views.set(pubkey, { ...view, slashed: true, status: 'exiting' });
  await s.schedules().watch();
  s.clock.advance(60_000);
  await s.report([{ pubkey, reward: -1_000n }]);
  [treasury, officer] = [await s.staff('treasury'), await s.staff('officer')];
});
afterEach(() => s.close());

const as = (who: Person | undefined, method: 'GET' | 'POST', url: string, body?: object) =>
  s.call(who ?? null, method, `/v1/staking/${url}`, body);
const incident = async (): Promise<string> => (await as(officer, 'GET', 'incidents?kind=validator.slashed')).body.data[0].id;

it('keeps the record of an incident: seen, reported, covered, paused, given back, commented, closed', async () => {
  const id = await incident();
  const [lost] = (await as(treasury, 'GET', 'losses')).body.data;
  const terms = { loss_id: lost.id, sources: [{ from: 'recovered', amount_atomic: '200' }] };
  const made = await as(treasury, 'POST', 'proposals', { pool_id: POOL, kind: 'recovery', terms, comment: 'insurer paid' });
  await as(officer, 'POST', `proposals/${made.body.id}/approve`, { comment: 'as the insurer says' });
  await s.service(DistributionPosting).postAll();
  expect((await as(treasury, 'POST', `incidents/${id}/comments`, { comment: 'asked secretive-op what happened' })).status).toBe(201);
  expect(
    (await as(officer, 'POST', `incidents/${id}/comments`, { comment: 'We wait for the validator to leave.', to_clients: true })).status,
  ).toBe(201);
  await as(officer, 'POST', `incidents/${id}/close`, { comment: 'all is done' });
  const record = (await as(await s.staff('auditor'), 'GET', `incidents/${id}`)).body;
  expect(record).toMatchObject({ kind: 'validator.slashed', subject: pubkey, state: 'closed', losses: [lost.id] });
  const told = record.timeline as { what: string; said: string | null; by: string | null }[];
  expect(told.map((point) => point.what)).toEqual(
    expect.arrayContaining([
      ...['incident.opened', 'validator.slash', 'pool.enter_bunker', 'report.loss', 'cover.operator_bond', 'recovery.proposed'],
      ...['proposal.approve', 'distribution.settle', 'comment', 'incident.close'],
    ]),
  );
  expect(told.find((point) => point.what === 'proposal.approve')).toMatchObject({
    said: 'as the insurer says',
    by: `stf_${officer?.uuid ?? ''}`,
  });
  expect(record.timeline.find((point: { what: string }) => point.what === 'cover.operator_bond')).toMatchObject({
    operator_id: 'secretive-op',
    amount_atomic: '300',
    validator: pubkey,
  });
  const times = record.timeline.map((point: { at: string }) => point.at);
  expect(times).toEqual([...times].sort());
});

it('tells clients what happened, what it cost them, what cover bore and what comes next, and nothing of operators or people', async () => {
  const id = await incident();
  s.chain.outlook = [{ pubkey, correlation: 77n as never, correlationEpoch: 4_200n, withdrawableEpoch: 8_300n, immediate: 1n as never }];
  await s.schedules().watch();
  await as(officer, 'POST', `incidents/${id}/comments`, { comment: 'We wait for the validator to leave.', to_clients: true });
  await as(treasury, 'POST', `incidents/${id}/comments`, { comment: 'secretive-op does not answer' });
  const told = await as(ada, 'GET', 'products/eth-payout/incidents');
  expect(told.body.data).toHaveLength(1);
  expect(told.body.data[0]).toMatchObject({
    kind: 'validator.slashed',
    state: 'open',
    validator: pubkey,
    cost: {
      covered: { amount_atomic: '300' },
      covered_by: { operator_bond: { amount_atomic: '300' }, cover_fund: { amount_atomic: '0' } },
      borne_by_pool: { amount_atomic: '700' },
      borne_by_you: { amount_atomic: '700' },
      given_back: { amount_atomic: '0' },
      reports: [2],
    },
    paused: { first_place_that_waits: '1' },
    updates: [{ text: 'We wait for the validator to leave.' }],
  });
  expect(told.body.data[0].what_comes_next[0]).toMatchObject({ expected: { amount_atomic: '77' }, by_epoch: '4200' });
  expect(told.text).not.toMatch(/secretive|stf_|operator_id/);
  const stranger = await s.client();
  expect((await as(stranger, 'GET', 'products/eth-payout/incidents')).body.data[0].cost.borne_by_you.amount_atomic).toBe('0');
  expect((await as(ada, 'GET', 'products/none/incidents')).status).toBe(404);
  expect((await as(ada, 'GET', `incidents/${id}`)).status).toBe(403);
  expect((await as(officer, 'GET', 'incidents/not-an-id')).status).toBe(404);
  const product = (await as(ada, 'GET', 'products/eth-payout')).body;
  expect(product).toMatchObject({ loss_policy: { cover_left: { amount_atomic: '0' } }, paused: { first_place_that_waits: '1' } });
  expect((await as(ada, 'GET', `pools/${POOL}`)).body.paused).not.toBeNull();
});

it('forms no batch while the pool is paused: what is staked waits', async () => {
  const staked = await s.stake(ada, '32');
  expect(staked.status).toBe(202);
  expect(await s.operation(ada, operationId(staked))).toMatchObject({ state: 'queued', paused: { first_place_that_waits: '1' } });
  await s.schedules().allocate();
  expect(await s.query('SELECT count(*)::int AS n FROM staking.batch')).toEqual([{ n: 1 }]);
  const made = await as(treasury, 'POST', 'proposals', { pool_id: POOL, kind: 'bunker_leave', terms: {}, comment: 'it is over' });
  await as(officer, 'POST', `proposals/${made.body.id}/approve`, { comment: 'it is' });
  await s.schedules().allocate();
  expect(await s.query('SELECT count(*)::int AS n FROM staking.batch')).toEqual([{ n: 2 }]);
});
