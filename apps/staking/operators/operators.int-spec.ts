import { amount, Fault } from '#kernel';
import { BlocksService } from '../blocks/blocks.service.js';
import { ETH, OpenStaking, POOL, VAULT, type Person } from '../staking.spec-support.js';
import { OperatorSchedules } from './operators.schedule.js';
import { card, Desk, terms } from './operators.spec-support.js';

let s: OpenStaking;
let ada: Person;
let desk: Desk;
const open = async (env: Record<string, string> = {}): Promise<void> => {
  s = await OpenStaking.ready(env);
  ada = await s.funded(400n * ETH);
  desk = await Desk.of(s);
};
afterEach(() => s.close());
const DAY = 86_400_000;
const LATER = '2026-06-01T00:00:00Z';
const fill = async (): Promise<string> => {
  await s.stake(ada, '32');
  return s.fillValidator();
};
const operators = (): Promise<{ pubkey: string; operator: string }[]> =>
  s.query('SELECT pubkey, operator_id AS operator FROM staking.validator ORDER BY created_at, validator_index');
const batches = async (): Promise<{ operator_id: string | null; allocation: { rule: string; operators: Record<string, unknown>[] } }[]> =>
  (await desk.read('allocations')).data;
const pool = async () => (await s.call(null, 'GET', `/v1/staking/pools/${POOL}`)).body;
const look = (): Promise<void> => s.service(OperatorSchedules).watch();

describe('allocation', () => {
  it('gives each validator to the least filled operator, and keeps why for staff', async () => {
    await open();
    const keys = [await fill(), await fill(), await fill(), await fill()];
    const seen = await operators();
    expect(seen.map(({ pubkey }) => pubkey)).toEqual(keys);
    expect(new Set(seen.slice(0, 3).map(({ operator }) => operator))).toEqual(new Set(['alpine-1', 'harbour-1', 'house-1']));
    const [newest] = await batches();
    expect(newest?.operator_id).toBe(seen[3]?.operator);
    const senior = (path: string) => s.call(desk.two, 'GET', `/v1/staking/${path}`);
    expect((await senior('allocations')).status).toBe(200);
    const first = (await senior('validators?limit=3')).body;
    expect(first).toMatchObject({ data: [{}, {}, {}], page: { has_more: true } });
    const rest = (await senior(`validators?limit=3&cursor=${first.page.next_cursor as string}`)).body;
    expect(new Set([...first.data, ...rest.data].map(({ pubkey }: { pubkey: string }) => pubkey))).toEqual(new Set(keys));
    expect(newest?.allocation.rule).toContain('3 of 3 have room');
    expect(newest?.allocation.operators).toHaveLength(3);
    expect(newest?.allocation.operators[0]).toMatchObject({
      operator_id: 'alpine-1',
      reasons_against: [],
      stake_atomic: String(32n * ETH),
    });
    await s.closes();
  });

  it('waits with its reason in the pool where nobody may run it, and goes on when somebody may', async () => {
    await open({ OPENING_OPERATORS: 'none' });
    await s.stake(ada, '32');
    await s.schedules().allocate();
    expect(await batches()).toEqual([]);
    expect((await pool()).allocation).toMatchObject({ open: false, code: 'allocation.no_operator' });
    const told = async () => (await desk.read('incidents?kind=allocation.waits')).data;
    await look();
    await look();
    const [incident] = await told();
    expect(incident).toMatchObject({ state: 'open', subject: POOL, details: { code: 'allocation.no_operator' } });
    await s.call(desk.one, 'POST', `/v1/staking/incidents/${incident.id as string}/close`, { comment: 'we know' });
    await look();
    expect(await told()).toHaveLength(1);
    s.clock.advance(DAY + 1);
    await look();
    expect(await told()).toHaveLength(2); // it waits still
    await desk.decide('operator', terms('alpine-1'));
    expect((await pool()).allocation).toMatchObject({ open: false, code: 'allocation.no_operator' }); // nothing was found of it yet
    await desk.decide('assessment', card('alpine-1', LATER));
    expect((await pool()).allocation).toEqual({ open: true });
    await s.fillValidator();
    expect(await operators()).toMatchObject([{ operator: 'alpine-1' }]);
    await s.closes();
  });

  it('gives nothing to one whose assessment has expired, whose contract has ended, or that was suspended', async () => {
    await open({ OPENING_OPERATORS: 'none' });
    await desk.decide('operator', terms('alpine-1', { contract_until: '2026-01-20' }));
    await desk.decide('operator', terms('harbour-1'));
    await desk.decide('assessment', card('alpine-1', LATER));
    await desk.decide('assessment', card('harbour-1', '2026-01-10T00:00:00Z'));
    await fill();
    s.clock.advance(6 * DAY);
    await fill();
    await fill(); // harbour's assessment has expired
    expect((await operators()).map(({ operator }) => operator)).toEqual(['alpine-1', 'alpine-1', 'alpine-1']);
    s.clock.advance(10 * DAY);
    expect((await pool()).allocation).toMatchObject({ open: false, code: 'allocation.no_operator' });
    await desk.decide('assessment', card('harbour-1', LATER));
    expect((await pool()).allocation).toEqual({ open: true });
    await desk.decide('operator', terms('harbour-1', { state: 'suspended' }));
    expect((await pool()).allocation).toMatchObject({ open: false });
    expect((await desk.propose('operator', terms('harbour-1', { state: 'candidate' }))).body.code).toBe('operator.forbidden_move');
  });

  it('tells people once that an assessment has run out of somebody who runs something', async () => {
    await open({ OPENING_OPERATORS: 'none' });
    for (const id of ['alpine-1', 'harbour-1']) {
      await desk.decide('operator', terms(id));
      await desk.decide('assessment', card(id, '2026-01-10T00:00:00Z'));
    }
    await fill();
    await look();
    const told = async () => (await desk.read('incidents?kind=operator.assessment_expired')).data;
    expect(await told()).toEqual([]);
    s.clock.advance(60 * DAY);
    await look();
    const operator = (await operators())[0]?.operator ?? '';
    const [incident] = await told();
    expect(incident).toMatchObject({ details: { operator, expired_at: '2026-01-10T00:00:00.000Z' } });
    await s.call(desk.one, 'POST', `/v1/staking/incidents/${incident.id as string}/close`, { comment: 'the committee meets' });
    await look();
    expect(await told()).toHaveLength(1);
    const found = (await desk.read(`operators/${operator}`)) as { incidents: object[] };
    expect(found.incidents).toHaveLength(1);
  });

  it('obeys caps of a pool before those of all, and says so when all are full', async () => {
    await open();
    await desk.decide('caps', { for_pool: POOL, caps: [{ scope: 'operator', subject: '*', amount_atomic: String(32n * ETH) }] });
    for (let i = 0; i < 3; i++) await fill();
    await s.stake(ada, '32');
    await s.schedules().allocate();
    expect((await pool()).allocation).toMatchObject({ open: false, code: 'allocation.over_caps' });
    expect(await batches()).toHaveLength(3);
    expect((await desk.read('caps')).data).toMatchObject([{ pool_id: '*', version: 1 }, { pool_id: POOL, version: 1 }]); // prettier-ignore
    expect((await desk.propose('caps', { caps: [{ scope: 'operator', subject: '*' }] })).body.code).toBe('caps.malformed');
    expect((await desk.propose('caps', { for_pool: 'nowhere', caps: [] })).body.code).toBe('caps.unknown_pool');
    expect((await desk.propose('caps', { caps: [{ scope: 'planet', subject: '*', basis_points: 1 }] })).body.code).toBe(
      'validation.failed',
    );
  });

  it('gives nothing to one whose validator is slashed', async () => {
    await open();
    const pubkey = await fill();
    const [first] = await operators();
    s.chain.sees(pubkey, '', { status: 'exiting', slashed: true });
    await s.schedules().watch();
    const found = (await desk.read(`operators/${first?.operator ?? ''}`)) as {
      pools: { reasons_against: string[] }[];
      incidents: object[];
    };
    expect(found.pools[0]?.reasons_against).toEqual(['operator.slashed']);
    expect(found.incidents).toMatchObject([{ kind: 'validator.slashed', subject: pubkey }]);
  });

  it('gives nothing to one whose key withdraws to somebody else, until that is settled', async () => {
    await open();
    await s.stake(ada, '32');
    await s.predeposit(`0x01${'0'.repeat(22)}${'66'.repeat(20)}`);
    const [batch] = (await batches()).slice(-1);
    await s.schedules().allocate();
    const after = await batches();
    expect(after.some(({ operator_id }) => operator_id !== batch?.operator_id)).toBe(false); // too little is left for another
    await s.stake(ada, '32');
    await s.schedules().allocate();
    const [newest] = await batches();
    expect(newest?.operator_id).not.toBe(batch?.operator_id);
    const verdict = newest?.allocation.operators.find((o) => o['operator_id'] === batch?.operator_id);
    expect(verdict).toMatchObject({ reasons_against: ['operator.medium_unverified'], room_atomic: '0' });
  });
});

describe('mediums of withdrawal', () => {
  it('are verified with the deposit, looked at again in time, and stand against their operator when they are not', async () => {
    await open({ OPENING_OPERATORS: 'house' });
    const pubkey = await fill();
    const mediums = () => s.query<{ state: string; verified_at: Date }>('SELECT state, verified_at FROM staking.withdrawal_medium');
    const [first] = await mediums();
    expect(first).toMatchObject({ state: 'verified' });
    await desk.decide('assessment', card('house-1', '2027-01-01T00:00:00Z'));
    s.clock.advance(8 * DAY);
    expect((await pool()).allocation).toMatchObject({ open: false });
    await s.schedules().watch();
    expect((await pool()).allocation).toEqual({ open: true });
    expect((await mediums())[0]?.verified_at.getTime()).toBeGreaterThan(s.clock.now().getTime() - DAY);
    s.clock.advance(8 * DAY);
    s.chain.sees(pubkey, '', { withdrawalCredentials: `0x01${'0'.repeat(22)}${'66'.repeat(20)}` });
    await s.schedules().watch();
    expect(await mediums()).toMatchObject([{ state: 'foreign' }]);
    expect((await pool()).allocation).toMatchObject({ open: false });
    expect((await desk.read('incidents?kind=deposit.foreign_credentials')).data).toMatchObject([
      { subject: pubkey, details: { operator: 'house-1' } },
    ]);
  });
});

describe('the performance record', () => {
  it('is kept window by window, weighs what is shown, and is what the score is made of', async () => {
    await open({ PERFORMANCE_WINDOW_EPOCHS: '10' });
    const bad = await fill();
    const good = await fill();
    const [one, two] = await operators();
    s.chain.missed.set(bad, 5n);
    s.chain.epoch = 132n;
    await look();
    await look();
    expect(s.chain.lookedAt).toEqual([{ fromEpoch: 121n, toEpoch: 130n }]);
    s.chain.epoch = 153n;
    await look();
    expect(s.chain.lookedAt.slice(1)).toEqual([{ fromEpoch: 131n, toEpoch: 140n }, { fromEpoch: 141n, toEpoch: 150n }]); // prettier-ignore
    expect(await desk.read(`operators/${one?.operator ?? ''}`)).toMatchObject({
      performance: {
        effectiveness_bps: 5_000,
        proposals_bps: 0,
        attestations: { expected: '30', included: '15', mean_delay_slots: null },
        proposals: { expected: '3', made: '0' },
        windows: [{ from_epoch: '141' }, { from_epoch: '131' }, { from_epoch: '121', to_epoch: '130', effectiveness_bps: 5_000 }],
        validators: [{ pubkey: bad, effectiveness_bps: 5_000 }],
      },
    });
    expect(await desk.read(`operators/${two?.operator ?? ''}`)).toMatchObject({
      performance: { effectiveness_bps: 10_000, validators: [{ pubkey: good, proposals_bps: 10_000 }] },
    });
    await fill();
    const [newest] = await batches();
    const known = newest?.allocation.operators.find((o) => o['operator_id'] === one?.operator);
    expect(known?.['terms']).toContainEqual({ term: 'effectiveness', value: '5000 bps attested, 0 bps proposed', points: 500, weight: 30 });
    expect((await desk.read('operators')).data).toHaveLength(3);
  });
});

describe('a record that nobody tells', () => {
  const windows = () =>
    s.query<{ to: string; rows: number }>(
      `SELECT w.to_epoch::text AS "to", count(r.pubkey)::int AS rows FROM staking.performance_window w
         LEFT JOIN staking.performance r USING (pool_id, from_epoch) GROUP BY w.to_epoch ORDER BY w.to_epoch`,
    );

  it('has a gap after many tries, once an incident, and goes on', async () => {
    await open({ PERFORMANCE_WINDOW_EPOCHS: '10' });
    await fill();
    s.chain.epoch = 112n;
    await look();
    s.chain.epoch = 145n;
    const honest = s.chain.staking.performance.bind(s.chain.staking);
    Object.assign(s.chain.staking, {
      performance: (keys: readonly string[], from: bigint, to: bigint) =>
        from === 111n || from === 121n ? Promise.reject(new Fault('chain.garbage', 'status 500', true)) : honest(keys, from, to),
    });
    for (let i = 0; i < 19; i++) await look();
    expect(await windows()).toHaveLength(1);
    await look();
    expect(await windows()).toEqual([{ to: '110', rows: 1 }, { to: '120', rows: 0 }]); // prettier-ignore
    s.chain.epoch = 155n;
    for (let i = 0; i < 21; i++) await look();
    expect((await windows()).map(({ to, rows }) => [to, rows])).toEqual([['110', 1], ['120', 0], ['130', 0], ['140', 1], ['150', 1]]); // prettier-ignore
    expect((await desk.read('incidents?kind=performance.unknown')).data).toMatchObject([
      { subject: POOL, details: { from_epoch: '111', to_epoch: '120', code: 'chain.garbage' } },
    ]);
  });

  it('is forgotten when it no longer grows, and does not stop redelegation', async () => {
    await open({ PERFORMANCE_WINDOW_EPOCHS: '10', SCORE_EPOCHS: '100', OPENING_OPERATORS: 'house', REDELEGATE: 'propose' });
    const pubkey = await fill();
    s.chain.epoch = 112n;
    await look();
    const record = async () => (await desk.read('operators/house-1')).performance.effectiveness_bps as number | null;
    expect(await record()).toBe(10_000);
    await s.report([{ pubkey }]);
    await desk.decide('operator', terms('house-1', { state: 'retired' }));
    Object.assign(s.chain.staking, { performance: () => Promise.reject(new Fault('chain.garbage', 'status 400', true)) });
    s.chain.epoch = 300n;
    await look();
    expect((await desk.read('proposals')).data[0]).toMatchObject({ kind: 'redelegation', dry_run: { validators: pubkey } });
    s.clock.advance(100 * 32 * 12 * 1_000);
    expect(await record()).toBeNull();
  });
});

describe('blocks', () => {
  it('that pay an address of their operator are as agreed; builders that it may not use are incidents of it', async () => {
    await open({ OPENING_OPERATORS: 'none' });
    const own = `0x${'bb'.repeat(20)}`;
    const builder = `0x${'cc'.repeat(20)}`;
    await desk.decide('operator', terms('alpine-1', { fee_recipients: [own], mev_policy: 'listed', builders: [`0x${'dd'.repeat(20)}`] }));
    await desk.decide('assessment', card('alpine-1', LATER));
    const pubkey = await fill();
    const block = { proposerPubkey: pubkey, priorityFees: amount(0n), mev: amount(0n) };
    s.chain.epoch = 101n;
    const number = s.chain.epoch * 32n;
    s.chain.executed = [
      { ...block, blockNumber: number, slot: 1n, recipient: own },
      { ...block, blockNumber: number - 1n, slot: 2n, recipient: VAULT, mev: amount(7n), builder },
    ];
    await s.schedules().watch();
    s.chain.executed = s.chain.executed.map((reward) => ({ ...reward, blockNumber: reward.blockNumber + 32n }));
    s.chain.epoch = 102n;
    await s.service(BlocksService).check(POOL, s.chain);
    const { data } = await desk.read('incidents?state=open');
    expect(data.length).toBeGreaterThan(0);
    for (const incident of data)
      expect(incident).toMatchObject({ kind: 'proposal.foreign_builder', details: { operator: 'alpine-1', builder } });
    expect(((await desk.read('operators/alpine-1')) as { incidents: object[] }).incidents).toHaveLength(data.length);
  });
});
