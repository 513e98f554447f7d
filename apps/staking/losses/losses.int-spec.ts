import { amount } from '#kernel';
import { exitsFixed, operatorBond } from './losses.spec-support.js';
import { ETH, OpenStaking, operationId, POOL, type Person } from '../staking.spec-support.js';

let s: OpenStaking;
let ada: Person;
let bo: Person;
let [first, second] = ['', ''];
const open = async (env: Record<string, string> = {}): Promise<void> => {
  s = await OpenStaking.ready(env);
  [ada, bo] = [await s.funded(100n * ETH), await s.funded(100n * ETH)];
  await s.stake(ada, '32');
  first = await s.fillValidator();
  await s.stake(bo, '32');
  second = await s.fillValidator();
  await s.report([{ pubkey: first }, { pubkey: second }]);
};
afterEach(() => s.close());

const slash = async (pubkey: string): Promise<void> => {
  s.chain.sees(pubkey, '', { status: 'exiting' });
  const view = s.chain.views.get(pubkey);
  if (view) s.chain.views.set(pubkey, { ...view, slashed: true, status: 'exiting' });
  await s.schedules().watch();
};
const losses = () =>
  s.query(
    `SELECT report_number AS report, covered::text, borne::text, of_clients::text AS clients_bore, clients, reimbursed::text FROM staking.loss ORDER BY report_number`,
  );
const bunker = async () =>
  (await s.query<{ place: string | null }>('SELECT bunker_from_place::text AS place FROM staking.pool WHERE id = $1', [POOL]))[0]?.place ??
  null;
const propose = (who: Person, kind: string, terms: object = {}) =>
  s.call(who, 'POST', '/v1/staking/proposals', { pool_id: POOL, kind, terms, comment: 'looked at it' });
const decide = (who: Person, id: string, event = 'approve') =>
  s.call(who, 'POST', `/v1/staking/proposals/${id}/${event}`, { comment: 'agreed' });

it('lets the bond, the fund and the first loss bear a slashing in this order, and the pool what is left', async () => {
  await open();
  await operatorBond(s, first, 'op-a');
  await s.book(
    ['deposit.unattributed', null, 2n * ETH],
    ['unattributed.to_operator_bond', 'op-a', 10n],
    ['unattributed.to_cover_fund', null, 20n],
    ['unattributed.to_first_loss', null, 30n],
  );
  await slash(first);
  await s.report([{ pubkey: first, reward: -100n }, { pubkey: second }]);
  await s.closes();
  expect(await s.query('SELECT step, source, operator_id AS operator, amount::text FROM staking.cover_step ORDER BY step')).toEqual([
    { step: 1, source: 'operator_bond', operator: 'op-a', amount: '10' },
    { step: 2, source: 'cover_fund', operator: null, amount: '20' },
    { step: 3, source: 'first_loss', operator: null, amount: '30' },
  ]);
  expect([
    await s.balance('cover.operator_bond', 'op-a'),
    await s.balance('cover.fund', 'ethereum'),
    await s.balance('cover.first_loss', 'ethereum'),
  ]).toEqual([0n, 0n, 0n]);
  expect(await losses()).toEqual([{ report: 2, covered: '60', borne: '40', clients_bore: '40', clients: 2, reimbursed: '0' }]);
  expect(await s.query('SELECT loss_carried::text, buffer::text FROM staking.pool WHERE id = $1', [POOL])).toEqual([
    { loss_carried: '40', buffer: '60' },
  ]);
  await s.report([
    { pubkey: first, reward: -5n },
    { pubkey: second, reward: 1_000n },
  ]); // hidden by rewards, and kept all the same
  expect(await losses()).toEqual([{ report: 2, covered: '60', borne: '45', clients_bore: '45', clients: 2, reimbursed: '0' }]);
});

it('writes down once a slashing who held: later reports add to the loss until that is much', async () => {
  await open();
  // whoever copies holders may take longer than a statement may
  await s.query(`CREATE FUNCTION staking.patient() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF current_setting('statement_timeout') <> '0' THEN RAISE EXCEPTION 'in a hurry'; END IF; RETURN NULL; END $$`);
  await s.query('CREATE TRIGGER patient AFTER INSERT ON staking.loss_holder FOR EACH STATEMENT EXECUTE FUNCTION staking.patient()');
  const copied = async () => (await s.query<{ n: number }>('SELECT count(*)::int AS n FROM staking.loss_holder'))[0]?.n;
  const share = (64n * ETH) / 10_000n;
  await slash(first);
  await s.report([{ pubkey: first, reward: -100n }, { pubkey: second }]);
  const ids = await s.query('SELECT id FROM staking.loss');
  for (let leak = 0; leak < 3; leak++) await s.report([{ pubkey: first, reward: -10n }, { pubkey: second }]);
  expect(await s.query('SELECT id FROM staking.loss')).toEqual(ids);
  expect(await losses()).toEqual([{ report: 2, covered: '0', borne: '130', clients_bore: '130', clients: 2, reimbursed: '0' }]);
  expect(await s.query('SELECT added::text, last_report FROM staking.loss')).toEqual([{ added: '30', last_report: 5 }]);
  expect(await s.query('SELECT pubkey, borne::text FROM staking.loss_part')).toEqual([{ pubkey: first, borne: '130' }]);
  expect(await copied()).toBe(2);
  await s.report([{ pubkey: first, reward: -share }, { pubkey: second }]); // more than the share since
  await s.report([{ pubkey: first, reward: -10n }, { pubkey: second }]);
  expect(await losses()).toMatchObject([
    { report: 2, borne: '130' },
    { report: 6, borne: String(share + 10n), clients: 2 },
  ]);
  expect(await copied()).toBe(4);
  await slash(second);
  await s.report([
    { pubkey: first, reward: -10n },
    { pubkey: second, reward: -10n },
  ]); // another slashing: who holds now
  expect((await losses()).at(-1)).toMatchObject({ report: 8, borne: '20', clients: 2 });
  await s.report([{ pubkey: first, reward: -1n }, { pubkey: second }]);
  expect((await losses()).at(-1)).toMatchObject({ report: 8, borne: '21' });
});

it('goes on where covers run out: who held is written down when the pool bears something, and steps go on counting', async () => {
  await open();
  await s.book(['deposit.unattributed', null, 2n * ETH], ['unattributed.to_cover_fund', null, 15n]);
  await slash(first);
  for (let leak = 0; leak < 3; leak++) await s.report([{ pubkey: first, reward: -7n }, { pubkey: second }]);
  expect(await losses()).toMatchObject([
    { report: 2, covered: '14', borne: '0', clients: 0 },
    { report: 4, covered: '1', borne: '6', clients: 2 },
  ]);
  expect(await s.query('SELECT step, amount::text FROM staking.cover_step ORDER BY at, amount DESC, step')).toEqual([
    { step: 1, amount: '7' },
    { step: 2, amount: '7' },
    { step: 1, amount: '1' },
  ]);
});

it('writes nobody down for the little that missed duties cost', async () => {
  await open();
  await s.report([{ pubkey: first, reward: -100n }, { pubkey: second }]);
  expect(await losses()).toEqual([{ report: 2, covered: '0', borne: '100', clients_bore: '0', clients: 0, reimbursed: '0' }]);
  await s.report([{ pubkey: first, reward: -(ETH / 100n) }, { pubkey: second }]);
  expect((await losses()).at(-1)).toMatchObject({ report: 3, clients: 2, clients_bore: String(ETH / 100n) });
});

it('keeps what covers bore where nothing was left for the pool: nobody is written down for it', async () => {
  await open();
  await s.book(['deposit.unattributed', null, 2n * ETH], ['unattributed.to_cover_fund', null, 1_000n]);
  await slash(first);
  await s.report([{ pubkey: first, reward: -100n }, { pubkey: second }]);
  await s.closes();
  expect(await losses()).toEqual([{ report: 2, covered: '100', borne: '0', clients_bore: '0', clients: 0, reimbursed: '0' }]);
  expect(await s.balance('cover.fund', 'ethereum')).toBe(900n);
  expect(await s.query('SELECT count(*)::int AS n FROM staking.loss_holder')).toEqual([{ n: 0 }]);
});

it('does not let covers bear what is no slashing', async () => {
  await open();
  await s.book(['deposit.unattributed', null, 2n * ETH], ['unattributed.to_cover_fund', null, 1_000n]);
  await s.report([{ pubkey: first, reward: -100n }, { pubkey: second }]);
  expect(await losses()).toMatchObject([{ covered: '0', borne: '100' }]);
  expect(await s.balance('cover.fund', 'ethereum')).toBe(1_000n);
});

it('counts those whose exit is fixed and not final: they bear what the price takes below their nominal', async () => {
  await open();
  await s.unstake(bo, '16');
  await s.report([{ pubkey: first }, { pubkey: second }]); // fixes it at one to one; nothing in the buffer
  expect(await exitsFixed(s)).toBe(1);
  await slash(first);
  await s.report([{ pubkey: first, reward: -(64n * ETH) / 100n }, { pubkey: second }]);
  expect((await losses()).at(-1)).toMatchObject({ borne: String((64n * ETH) / 100n), clients: 2 });
  const weights = await s.query<{ client: string; part: string }>(
    `SELECT client_id AS client, div(h.weight * of_clients, l.weight)::text AS part FROM staking.loss_holder h JOIN staking.loss l ON l.id = loss_id`,
  );
  expect(new Map(weights.map((w) => [w.client, w.part]))).toEqual(
    new Map([
      [ada.uuid, String((32n * ETH) / 100n)],
      [bo.uuid, String((32n * ETH) / 100n)],
    ]),
  );
});

it('lets the instant buffer bear what it bought: clients have no claim to that', async () => {
  await open({ INSTANT_EXIT: 'on' });
  s.clock.advance(30_000);
  await s.report([{ pubkey: first }, { pubkey: second }]);
  const [one, two] = [await s.staff('treasury'), await s.staff('officer')];
  const terms = { enabled: true, min_spread_bps: 10, max_spread_bps: 10, full_buffer_atomic: String(ETH) };
  await decide(two, (await propose(one, 'instant_terms', terms)).body.id);
  await s.book(['deposit.unattributed', null, 16n * ETH], ['unattributed.to_instant_buffer', POOL, 16n * ETH]);
  const sold = { product_id: 'eth-payout', amount: '16', instant: true };
  expect((await s.call(ada, 'POST', '/v1/staking/unstakes', sold)).status).toBe(200);
  await s.report([{ pubkey: first, reward: -(64n * ETH) / 100n }, { pubkey: second }]);
  expect((await losses()).at(-1)).toMatchObject({
    borne: String((64n * ETH) / 100n),
    clients_bore: String((48n * ETH) / 100n), // ada 16 of 64, bo 32, the buffer 16
    clients: 2,
  });
  await s.closes();
});

it('waits with a report that may tell of a slashing until the watch has looked', async () => {
  await open();
  await s.book(['deposit.unattributed', null, 2n * ETH], ['unattributed.to_cover_fund', null, ETH]);
  await s.query('UPDATE staking.pool SET watched_epoch = NULL');
  const tells = () => s.report([{ pubkey: first, reward: -(ETH / 100n) }, { pubkey: second }], { watched: false });
  await expect(tells()).rejects.toMatchObject({ code: 'report.slashing_unknown', retryable: true });
  s.chain.epoch = 1_000n;
  await slash(first);
  await tells();
  expect(await losses()).toMatchObject([{ covered: String(ETH / 100n), borne: '0' }]);
});

describe('a pause', () => {
  it('lets exits requested before the trouble be paid, and those after it wait until it ends', async () => {
    await open();
    const early = operationId(await s.unstake(bo, '1'));
    await slash(first);
    const late = operationId(await s.unstake(ada, '1'));
    await s.report([{ pubkey: first }, { pubkey: second, withdrawn: 32n * ETH, emptied: true }]);
    const paid = async () => s.query(`SELECT from_place::int AS after, to_place::int AS through FROM staking.exit_range ORDER BY number`);
    expect(await paid()).toEqual([{ after: 0, through: 1 }]);
    await s.schedules().leave();
    expect(['finalised', 'settled']).toContain((await s.operation(bo, early)).state);
    expect(['accepted', 'exit_scheduled', 'unbonding']).toContain((await s.operation(ada, late)).state);
    await s.report([{ pubkey: first }]);
    expect(await paid()).toHaveLength(1);
    const made = await propose(await s.staff('treasury'), 'bunker_leave');
    expect((await decide(await s.staff('officer'), made.body.id)).status).toBe(200);
    await s.report([{ pubkey: first }]);
    expect(await paid()).toEqual([
      { after: 0, through: 1 },
      { after: 1, through: 2 },
    ]);
    await s.closes();
  });

  it('begins with a slashing that is seen: earlier exits are paid, later ones wait; two people end it', async () => {
    await open();
    await s.unstake(bo, '1');
    await slash(first);
    expect(await bunker()).toBe('2');
    await s.unstake(ada, '1');
    const [one, two] = [await s.staff('treasury'), await s.staff('officer')];
    expect((await propose(one, 'bunker_enter')).body.code).toBe('bunker.already_in');
    const made = await propose(one, 'bunker_leave');
    expect(made).toMatchObject({ status: 201, body: { dry_run: { exits_that_wait: '1', open_incidents: '1' } } });
    expect((await decide(one, made.body.id)).body.code).toBe('proposal.not_yours');
    const own = await propose(two, 'bunker_leave');
    expect((await decide(two, own.body.id)).body.code).toBe('proposal.same_person');
    expect(await decide(two, made.body.id)).toMatchObject({ status: 200, body: { state: 'done' } });
    expect(await bunker()).toBeNull();
    const other = await s.staff('senior_officer');
    expect((await decide(other, own.body.id)).body.code).toBe('bunker.not_in');
    expect((await propose(one, 'bunker_leave')).body.code).toBe('bunker.not_in');
    expect(await s.query(`SELECT event, actor_kind, reason FROM staking.history WHERE noun = 'pool' ORDER BY at, version`)).toEqual([
      { event: 'enter_bunker', actor_kind: 'system', reason: 'a validator was slashed' },
      { event: 'leave_bunker', actor_kind: 'staff', reason: 'looked at it' },
    ]);
  });

  it('makes those wait too who asked between a slashing and our seeing it', async () => {
    await open();
    await s.unstake(bo, '1');
    s.chain.outlook = [
      { pubkey: first, immediate: amount(1n), correlation: amount(1n), correlationEpoch: 4_190n, withdrawableEpoch: 8_286n }, // epoch 94
    ];
    await slash(first);
    expect(await bunker()).toBe('1');
    const [one, two] = [await s.staff('treasury'), await s.staff('officer')];
    await decide(two, (await propose(one, 'bunker_leave')).body.id);
    const since = new Date(s.clock.now().getTime() - 1).toISOString();
    await s.unstake(ada, '1');
    await s.report([{ pubkey: first }, { pubkey: second }]);
    const again = await propose(one, 'bunker_enter', { since });
    expect(again.body.dry_run).toMatchObject({ first_place_that_would_wait: '2', exits_paid_in_order: '1', exits_that_would_wait: '1' });
    await decide(two, again.body.id);
    expect(await bunker()).toBe('2');
    expect((await propose(one, 'bunker_enter', { since: 'yesterday' })).status).toBe(400);
  });

  it('begins with a report that loses much, and by two people; a second trouble changes nothing of it', async () => {
    await open({ BUNKER_LOSS_BPS: '50' });
    await s.report([{ pubkey: first, reward: -(64n * ETH * 5n) / 1_000n }, { pubkey: second }]);
    expect(await bunker()).toBeNull(); // not more than the share
    await s.report([{ pubkey: first, reward: -(ETH * 33n) / 100n }, { pubkey: second }]);
    expect(await bunker()).toBe('1');
    expect(await s.query('SELECT kind, subject FROM staking.incident')).toEqual([{ kind: 'pool.loss', subject: '3' }]);
    await s.unstake(ada, '1');
    await slash(second);
    expect(await bunker()).toBe('1');
    const [one, two] = [await s.staff('treasury'), await s.staff('senior_officer')];
    await decide(two, (await propose(one, 'bunker_leave')).body.id);
    const again = await propose(one, 'bunker_enter');
    expect(again.body.dry_run).toEqual({
      first_place_that_would_wait: '2',
      exits_paid_in_order: '1',
      exits_that_would_wait: '0',
    });
    await decide(two, again.body.id);
    expect(await bunker()).toBe('2');
    expect((await propose(await s.staff('auditor'), 'bunker_leave')).status).toBe(403);
    expect((await propose(one, 'bunker_leave', { more: 1 })).status).toBe(400);
  });
});

it('shows staff what there is to bear losses, and each loss with its steps', async () => {
  await open();
  await operatorBond(s, first, 'op-a');
  await s.book(
    ['deposit.unattributed', null, 2n * ETH],
    ['unattributed.to_operator_bond', 'op-a', 7n],
    ['unattributed.to_cover_fund', null, 20n],
    ['unattributed.to_recovery', POOL, 5n],
  );
  await slash(first);
  await s.report([{ pubkey: first, reward: -10n }, { pubkey: second }]);
  const auditor = await s.staff('auditor');
  expect((await s.call(auditor, 'GET', '/v1/staking/covers')).body.data).toMatchObject([
    {
      chain: 'ethereum',
      operator_bonds: [],
      cover_fund: { amount_atomic: '17' },
      pools: expect.arrayContaining([
        expect.objectContaining({ pool_id: POOL, recovery_free: expect.objectContaining({ amount_atomic: '5' }) }),
      ]),
    },
  ]);
  expect((await s.call(auditor, 'GET', '/v1/staking/losses')).body.data).toMatchObject([
    {
      report: 2,
      covered: { amount_atomic: '10' },
      cover_steps: [{ source: 'operator_bond', operator_id: 'op-a' }, { source: 'cover_fund' }],
      validators: [{ validator: first }],
    },
  ]);
  expect((await s.call(ada, 'GET', '/v1/staking/covers')).status).toBe(403);
});
