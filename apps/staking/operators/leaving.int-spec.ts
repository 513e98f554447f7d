import { ETH, OpenStaking, operationId, POOL, type Person } from '../staking.spec-support.js';
import { TransactionsProcessor } from '../transactions/transactions.processor.js';
import { OperatorSchedules } from './operators.schedule.js';
import { card, Desk, terms } from './operators.spec-support.js';

let s: OpenStaking;
let ada: Person;
let desk: Desk;
let keys: string[];
const LATER = '2026-12-01T00:00:00Z';
const ON = { pool_id: POOL };

/** Operators with these terms, and so many validators given to each in this order. */
async function open(given: Record<string, object>, order: readonly string[], env: Record<string, string> = {}): Promise<void> {
  s = await OpenStaking.ready({ OPENING_OPERATORS: 'none', ...env });
  ada = await s.funded(400n * ETH);
  desk = await Desk.of(s);
  for (const id of Object.keys(given)) {
    await desk.decide('operator', terms(id));
    await desk.decide('assessment', card(id, LATER));
  }
  keys = [];
  for (const id of order) {
    const others = Object.keys(given).filter((other) => other !== id);
    await desk.decide('caps', { caps: others.map((subject) => ({ scope: 'operator', subject, amount_atomic: '0' })) });
    await s.stake(ada, '32');
    keys.push(await s.fillValidator());
  }
  await desk.decide('caps', { caps: [] });
  for (const [id, change] of Object.entries(given)) await desk.decide('operator', terms(id, change));
  await s.report(keys.map((pubkey) => ({ pubkey })));
  s.chain.epoch = 140n;
}
afterEach(() => s.close());
const asked = async (): Promise<string[]> => (await s.requested('exit_request')).map(({ pubkey }) => pubkey as string);
const look = (): Promise<void> => s.service(OperatorSchedules).watch();

it('lets validators leave by the order of exits: above a target first, then above the weight, then the oldest', async () => {
  await open({ a: {}, b: {}, c: { target_kind: 'soft', target_stake_atomic: '0' } }, ['a', 'b', 'b', 'c']);
  const [first, second, , last] = keys;
  const id = operationId(await s.unstake(ada, '20'));
  await s.report(keys.map((pubkey) => ({ pubkey })));
  await s.schedules().leave();
  expect(await asked()).toEqual([last]); // its operator is to hold nothing
  await s.unstake(ada, '30');
  await s.report(keys.map((pubkey) => ({ pubkey })));
  await s.schedules().leave();
  expect(await asked()).toEqual([last, second]); // b holds two of three
  await s.unstake(ada, '32');
  await s.report(keys.map((pubkey) => ({ pubkey })));
  await s.schedules().leave();
  expect(await asked()).toEqual([last, second, first]); // level: the oldest
  expect(await s.operation(ada, id)).toMatchObject({ state: 'exit_scheduled' });
  await s.closes();
});

it('proposes that an operator gives back what is above its limit, carries it out when two people say so, and then rests', async () => {
  await open({ a: { stake_limit_bps: 5_000, exit_threshold_bps: 5_000 }, b: {} }, ['a', 'a', 'a', 'b'], { REDELEGATE: 'propose' });
  expect(await desk.read(`redelegation?pool_id=${POOL}`)).toMatchObject({
    mode: 'propose',
    leaves: [{ operator_id: 'a', amount: '32', validators: [keys[0]], reason: 'operator.over_exit_threshold' }],
    joins: [{ operator_id: 'b', amount: '32' }],
    homeless: { amount: '0' },
  });
  const proposed = async () => (await desk.read('proposals')).data.filter((p: { kind: string }) => p.kind === 'redelegation');
  await look();
  const [rejected] = await proposed();
  await s.call(desk.two, 'POST', `/v1/staking/proposals/${rejected.id as string}/reject`, { comment: 'not now' });
  await look();
  expect(await proposed()).toHaveLength(1); // the same plan is not proposed again
  await desk.decide('operator', terms('a', { stake_limit_bps: 2_500, exit_threshold_bps: 5_000 }));
  await look();
  expect((await proposed())[0].dry_run.validators).toBe(`${keys[0] ?? ''}, ${keys[1] ?? ''}`);
  await s.call(desk.two, 'POST', `/v1/staking/proposals/${(await proposed())[0].id as string}/reject`, { comment: 'too much' });
  await desk.decide('operator', terms('a', { stake_limit_bps: 5_000, exit_threshold_bps: 5_000 }));
  await look();
  await look();
  const waiting = (await proposed()).filter((p: { state: string }) => p.state === 'proposed');
  expect(waiting).toMatchObject([{ state: 'proposed', pool_id: POOL, dry_run: { validators: keys[0], homeless_atomic: '0' } }]);
  expect(await asked()).toEqual([]); // nothing moves by itself
  expect((await desk.approve(waiting[0].id as string)).status).toBe(200);
  expect(await asked()).toEqual([keys[0]]);
  await look();
  expect((await desk.propose('redelegation', {}, ON)).body.code).toBe('redelegation.nothing');
  await s.closes();
});

it('takes everything from a retired operator, and leaves what is under way alone', async () => {
  await open({ a: {}, b: {} }, ['a', 'b', 'a']);
  expect((await desk.propose('redelegation', {}, ON)).body.code).toBe('redelegation.nothing');
  await desk.decide('operator', terms('a', { state: 'retired' }));
  await desk.decide('redelegation', { at_most: 1 }, ON);
  expect(await asked()).toEqual([keys[0]]);
  const [request] = await s.requested('exit_request');
  await s.hear(TransactionsProcessor, 'refused', { requestId: request?.requestId, purpose: 'exit_request', code: 'gas.float_empty' });
  s.clock.advance(60_000);
  await s.schedules().leave(); // nobody waits for it, but it is to leave
  expect(await asked()).toEqual([keys[0], keys[0]]);
  await desk.decide('redelegation', {}, ON);
  expect(await asked()).toEqual([keys[0], keys[0], keys[2]]);
  expect((await desk.propose('redelegation', {}, ON)).body.code).toBe('redelegation.nothing');
  expect((await desk.propose('redelegation', {})).body.code).toBe('proposal.incomplete');
});

it('lets leave only what both people saw, though more is due since', async () => {
  await open({ a: {}, b: {} }, ['a', 'b', 'b']);
  await desk.decide('operator', terms('a', { state: 'retired' }));
  const [first, second] = [await desk.propose('redelegation', {}, ON), await desk.propose('redelegation', {}, ON)];
  await desk.decide('operator', terms('b', { stake_limit_bps: 0, exit_threshold_bps: 0 }));
  expect((await desk.approve(first.body.id as string)).status).toBe(200);
  expect(await asked()).toEqual([keys[0]]);
  expect((await desk.approve(second.body.id as string)).body.code).toBe('proposal.overtaken');
  expect(await asked()).toEqual([keys[0]]);
});

it('lets nobody leave whose contract is renewed from a later day, and all when it is over', async () => {
  await open({ b: {} }, ['b']);
  await desk.decide('operator', terms('b', { contract_from: '2026-12-01' }));
  expect((await desk.propose('redelegation', {}, ON)).body.code).toBe('redelegation.nothing');
  await desk.decide('operator', terms('b', { contract_from: '2025-01-01', contract_until: '2025-12-31' }));
  expect((await desk.propose('redelegation', {}, ON)).body.dry_run).toMatchObject({ validators: keys[0] });
});

describe('an exit drill', () => {
  it('shows what would happen if an operator left at once, and moves nothing', async () => {
    await open({ a: { stake_limit_bps: 5_000, exit_threshold_bps: 6_000 }, b: {} }, ['a', 'a', 'a', 'b']);
    await s.unstake(ada, '10');
    const drill = await desk.read('operators/a/exit-drill');
    expect(drill).toMatchObject({ operator_id: 'a', moves_anything: false, within_policy: false, kept: [] });
    const ours = drill.pools.find((p: { pool_id: string }) => p.pool_id === POOL);
    expect(ours).toMatchObject({
      validators: 3,
      stake: { amount: '96' },
      pool_stake: { amount: '128' },
      share_bps: 7_500,
      allowed: { amount: '64' },
      room_elsewhere: { amount: '96' },
      waiting_behind_it: { clients: 1, orders: 1 },
    });
    // the fake takes a second an ETH
    expect(drill.exit_queues).toMatchObject([
      { chain: 'ethereum', leaving: { amount: '96' }, now: { p50_seconds: 600 }, behind_it: { p50_seconds: 696 }, added_p50_seconds: 96 },
    ]);
    expect((await desk.read('operators/b/exit-drill')).within_policy).toBe(true);
    expect(await asked()).toEqual([]);
  });

  it('is kept as it was answered, once a key, and not for clients', async () => {
    await open({ a: {} }, ['a']);
    const make = (key: string) => s.call(desk.one, 'POST', '/v1/staking/operators/a/exit-drill', {}, key);
    const made = await make('drill-1');
    expect(made).toMatchObject({ status: 201, body: { operator_id: 'a', moves_anything: false } });
    expect((await make('drill-1')).body.id).toBe(made.body.id);
    expect((await desk.read('operators/a/exit-drill')).kept).toMatchObject([{ id: made.body.id, result: { operator_id: 'a' } }]);
    expect((await s.call(desk.one, 'GET', '/v1/staking/operators/nobody/exit-drill')).status).toBe(404);
    expect((await s.call(ada, 'GET', '/v1/staking/operators')).status).toBe(403);
    expect((await s.call(ada, 'POST', '/v1/staking/operators/a/exit-drill', {}, 'x')).status).toBe(403);
    const auditor = await s.staff('auditor');
    expect((await s.call(auditor, 'GET', '/v1/staking/operators/a/exit-drill')).status).toBe(200);
    expect((await s.call(auditor, 'POST', '/v1/staking/operators/a/exit-drill', {}, 'y')).status).toBe(403);
  });
});

it('refuses terms that contradict each other', async () => {
  await open({ a: {} }, []);
  const code = async (change: object): Promise<string> => (await desk.propose('operator', terms('a', change))).body.code as string;
  expect(await code({ stake_limit_bps: 6_000, exit_threshold_bps: 5_000 })).toBe('operator.terms_contradict');
  expect(await code({ target_kind: 'soft' })).toBe('operator.terms_contradict');
  expect(await code({ contract_until: '2025-01-01' })).toBe('operator.terms_contradict');
  expect(await code({ mev_policy: 'listed' })).toBe('operator.terms_contradict');
  expect(await code({ fee_bps: 10_001 })).toBe('validation.failed');
  expect(await code({ fee_recipients: ['nobody'] })).toBe('validation.failed');
  expect(await code({ jurisdiction: 'Switzerland' })).toBe('validation.failed');
  expect(await code({ surprise: 1 })).toBe('validation.failed');
  expect((await desk.propose('assessment', card('nobody', LATER))).body.code).toBe('operator.unknown');
  expect((await desk.propose('assessment', card('a', '2026-01-01T00:00:00Z'))).body.code).toBe('assessment.expired');
  expect(await code({ contract_from: '2026-02-30' })).toBe('validation.failed');
  expect(await code({ target_kind: null, target_stake_atomic: null })).toBe('validation.failed');
  expect(await code({ contract_until: null })).toBe('validation.failed');
  const found = async (change: object): Promise<string> =>
    (await desk.propose('assessment', { ...card('a', LATER), ...change })).body.code as string;
  for (const scores of [undefined, null, [], 'all good']) expect(await found({ scores })).toBe('validation.failed');
  for (const expires_at of ['2027-W50', '2026-12-01', '2026-12-01T00:00:00', '2027-02-30T00:00:00Z', null])
    expect(await found({ expires_at })).toBe('validation.failed');
  expect((await desk.propose('caps', { caps: [null] })).body.code).toBe('validation.failed');
  expect((await desk.propose('caps', { caps: [], for_pool: null })).body.code).toBe('validation.failed');
  const fee = { tier: 'standard', commission_bps: 1, effective_at: '2027-W50' };
  expect((await desk.propose('fee_schedule', fee, ON)).body.code).toBe('validation.failed');
  expect((await desk.propose('bunker_enter', { since: null }, ON)).body.code).toBe('validation.failed');
  const empty = { kind: 'carry_loss', amount_atomic: null, comment: 'looked at it', ...ON };
  expect((await s.call(desk.one, 'POST', '/v1/staking/proposals', empty)).body.code).toBe('validation.failed');
  const own = await desk.propose('operator', terms('a', { fee_bps: 1 }));
  const decided = await s.call(desk.one, 'POST', `/v1/staking/proposals/${own.body.id as string}/approve`, { comment: 'my own' });
  expect(decided.body.code).toBe('proposal.same_person');
});
