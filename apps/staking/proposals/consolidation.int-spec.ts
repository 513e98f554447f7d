import { amount, refuse } from '#kernel';
import { Desk, terms } from '../operators/operators.spec-support.js';
import { ETH, OpenStaking, operationId, POOL, type Person } from '../staking.spec-support.js';

let s: OpenStaking;
let ada: Person;
let [target, source] = ['', ''];
let [one, two]: (Person | undefined)[] = [];
beforeEach(async () => {
  s = await OpenStaking.ready({
    POOL_CREDENTIALS: 'compounding',
    POOL_TARGET_BALANCE: String(32n * ETH),
    DEPOSIT_PROTECTION: 'head_checks',
    OPENING_OPERATORS: 'house',
  });
  ada = await s.funded(100n * ETH);
  await s.stake(ada, '32');
  target = await s.fillValidator();
  await s.stake(ada, '32');
  source = await s.fillValidator();
  [one, two] = [await s.staff('treasury'), await s.staff('senior_officer')];
});
afterEach(() => s.close());

const propose = async (body: object) =>
  s.call(one ?? null, 'POST', '/v1/staking/proposals', { pool_id: POOL, kind: 'consolidation', comment: 'fewer keys', ...body });
const approve = async (id: string) => s.call(two ?? null, 'POST', `/v1/staking/proposals/${id}/approve`, { comment: 'seen' });
const merger = async () => (await s.query<object>(`SELECT state, reason FROM staking.proposal ORDER BY created_at`)).at(-1);
const see = (pubkey: string, change: object): void => {
  const before = s.chain.views.get(pubkey);
  if (before) s.chain.views.set(pubkey, { ...before, ...change });
};
const agreed = async (): Promise<void> => {
  await s.report([{ pubkey: target }, { pubkey: source }]);
  const made = await propose({ pubkey: source, target_pubkey: target });
  expect(made).toMatchObject({ status: 201, body: { validator: source, target, dry_run: { booked_atomic: String(32n * ETH) } } });
  expect(await approve(made.body.id)).toMatchObject({ status: 200, body: { state: 'approved' } });
};

it('merges one validator into another: two people agree, the report moves the stake, nobody is alarmed and nobody gains', async () => {
  await agreed();
  expect(await s.requested('consolidation')).toMatchObject([{ pubkey: source, targetPubkey: target, amount: '0', poolId: POOL }]);
  await s.send('consolidation');
  expect(await merger()).toMatchObject({ state: 'sent' });
  see(source, { status: 'exiting', exitEpoch: 140n });
  await s.schedules().watch();
  expect(await merger()).toMatchObject({ state: 'done' });
  expect(await s.query('SELECT kind FROM staking.incident')).toEqual([]);
  const order = operationId(await s.unstake(ada, '10'));
  await s.report([{ pubkey: target, reward: 2_000n }, { pubkey: source, reward: 1_000n }]); // prettier-ignore
  await s.schedules().leave(); // what is merged pays no leaver, and neither of the two is asked for anything
  expect(await s.requested('exit_request')).toEqual([]);
  await s.closes();

  const before = await s.query('SELECT assets::text, shares::text, buffer::text, credited::text FROM staking.pool WHERE id = $1', [POOL]);
  await s.report([
    { pubkey: target, consolidatedIn: 32n * ETH },
    { pubkey: source, consolidatedOut: 32n * ETH, withdrawn: 1_000n, emptied: true },
  ]);
  await s.closes();
  expect(await s.query('SELECT assets::text, shares::text, buffer::text, credited::text FROM staking.pool WHERE id = $1', [POOL])).toEqual(
    before,
  );
  expect([await s.balance('stake.validator', target), await s.balance('stake.validator', source)]).toEqual([-64n * ETH - 2_000n, 0n]);
  expect(await s.query('SELECT pubkey, principal::text, state FROM staking.validator ORDER BY validator_index')).toEqual([
    { pubkey: target, principal: String(64n * ETH), state: 'active' },
    { pubkey: source, principal: '0', state: 'withdrawn' },
  ]);
  expect(await s.balance('pool.collected', POOL)).toBe(1_000n);

  s.chain.epoch = 120n; // free again, and large enough to pay the leaver and live on
  await s.schedules().leave();
  await s.send('partial_withdrawal');
  await s.report([{ pubkey: target, withdrawn: 10n * ETH }]);
  expect(await s.operation(ada, order)).toMatchObject({ state: 'settled' });
  await s.closes();
});

it('takes no target but one of its own list, of the same pool, with nothing else under way, then and when it is decided', async () => {
  const code = async (body: object) => (await propose(body)).body.code as string;
  expect(await code({ pubkey: source, target_pubkey: target })).toBe('proposal.not_now'); // not reported yet
  await s.report([{ pubkey: target }, { pubkey: source }]);
  expect(await code({ pubkey: source })).toBe('proposal.incomplete');
  expect(await code({ pubkey: source, target_pubkey: source })).toBe('proposal.incomplete');
  expect(await code({ pubkey: source, target_pubkey: `0x${'12'.repeat(48)}` })).toBe('proposal.incomplete');
  expect(await code({ pubkey: `0x${'12'.repeat(48)}`, target_pubkey: target })).toBe('proposal.incomplete');
  s.chain.badPlan = refuse('consolidation.no_churn', 'none').refusal;
  expect(await code({ pubkey: source, target_pubkey: target })).toBe('consolidation.no_churn');
  s.chain.badPlan = null;
  const [first, other] = [
    await propose({ pubkey: source, target_pubkey: target }),
    await propose({ pubkey: target, target_pubkey: source }),
  ];
  await approve(first.body.id);
  expect((await approve(other.body.id)).body.code).toBe('proposal.not_now');
  expect(await s.requested('consolidation')).toHaveLength(1);
});

it('merges no stake past the guards of operators: neither to another one nor above the cap of a validator', async () => {
  await s.report([{ pubkey: target }, { pubkey: source }]);
  const desk = await Desk.of(s);
  const code = async () => (await propose({ pubkey: source, target_pubkey: target })).body.code as string;
  const made = await propose({ pubkey: source, target_pubkey: target });
  await desk.decide('caps', { caps: [{ scope: 'validator', subject: '*', amount_atomic: String(63n * ETH) }] });
  expect(await code()).toBe('consolidation.over_cap');
  expect((await approve(made.body.id)).body.code).toBe('consolidation.over_cap');
  await desk.decide('caps', { caps: [{ scope: 'validator', subject: '*', amount_atomic: String(64n * ETH) }] });
  await desk.decide('operator', terms('alpine-1'));
  await s.query(`UPDATE staking.validator SET operator_id = 'alpine-1' WHERE pubkey = $1`, [target]);
  expect(await code()).toBe('consolidation.other_operator');
  expect((await approve(made.body.id)).body.code).toBe('consolidation.other_operator');
  await s.query(`UPDATE staking.validator SET operator_id = 'house-1' WHERE pubkey = $1`, [target]);
  expect((await approve(made.body.id)).status).toBe(200);
});

it('notices what the protocol dropped in silence: both are free again, and a report that says otherwise is refused', async () => {
  await agreed();
  await s.send('consolidation');
  await s.schedules().watch();
  s.chain.epoch += 100n;
  await s.schedules().watch();
  expect(await merger()).toEqual({ state: 'failed', reason: 'consolidation.dropped_by_protocol' });
  await s.report([
    { pubkey: target, consolidatedIn: 32n * ETH },
    { pubkey: source, consolidatedOut: 32n * ETH, emptied: true },
  ]);
  expect(await s.said('report.refused@1')).toMatchObject([{ code: 'report.merger_unknown' }]);
  expect(await s.query('SELECT kind, subject FROM staking.incident')).toEqual([{ kind: 'report.merger_unknown', subject: source }]);
});

it('counts what a stranger merges into one of ours as reward, and tells people', async () => {
  await s.report([{ pubkey: target }, { pubkey: source }]);
  await s.report([{ pubkey: target, consolidatedIn: ETH }, { pubkey: source }]);
  await s.closes();
  expect(await s.query('SELECT kind, subject FROM staking.incident')).toEqual([{ kind: 'validator.unknown_deposit', subject: target }]);
  expect(await s.balance('trust.fee_payable', 'ethereum')).toBe(amount(ETH / 10n));
});
