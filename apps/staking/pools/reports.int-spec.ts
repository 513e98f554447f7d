import { newUuid } from '#kernel';
import { ETH, OpenStaking, POOL, type Person } from '../staking.spec-support.js';
import { RateStandingProcessor } from './rate-standing.processor.js';
import { ReportsProcessor } from './reports.processor.js';

let s: OpenStaking;
let ada: Person;
let pubkey: string;
beforeEach(async () => {
  s = await OpenStaking.ready();
  ada = await s.funded(100n * ETH);
  await s.stake(ada, '32');
  pubkey = await s.fillValidator();
});
afterEach(() => s.close());

describe('execution rewards', () => {
  it('recover losses after consensus rewards, pay commission, and are in hand at once; the history shows them apart', async () => {
    await s.report([{ pubkey }]);
    await s.report([{ pubkey, reward: -1_000n }]);
    await s.report([{ pubkey, reward: 400n }], { fees: 500n, mev: 1_100n });
    await s.closes();
    expect(await s.balance('pool.execution_reward', POOL)).toBe(0n);
    expect(await s.balance('pool.collected', POOL)).toBe(1_000n);
    expect(await s.balance('trust.fee_payable', 'ethereum')).toBe(100n);
    expect(await s.balance('pool.loss_carried', POOL)).toBe(0n);
    const { history } = (await s.call(ada, 'GET', '/v1/staking/products/eth-payout/rates')).body;
    expect(history[0]).toMatchObject({
      reward: { amount_atomic: '2000' },
      components: [
        { amount_atomic: '400' },
        { component: 'priority_fees', amount_atomic: '500' },
        { component: 'mev', amount_atomic: '1100' },
      ],
    });
    expect(await s.said('report.applied@1')).toMatchObject([{}, {}, { reward: '2000', commission: '100' }]);
  });

  it('wait for custody to book them', async () => {
    await expect(s.report([{ pubkey }], { fees: 5n, booked: false })).rejects.toMatchObject({
      code: 'report.withdrawals_not_booked',
      retryable: true,
    });
    await s.closes();
  });
});

it('counts what somebody else put into a validator as reward, and tells people', async () => {
  await s.report([{ pubkey }]);
  await s.report([{ pubkey, deposited: ETH }]);
  await s.closes();
  expect(await s.query(`SELECT kind, subject FROM staking.incident`)).toEqual([{ kind: 'validator.unknown_deposit', subject: pubkey }]);
  expect((await s.said('report.applied@1')).at(-1)).toMatchObject({ reward: String(ETH) });
});

it('refuses what it cannot book', async () => {
  const message = (await s.reportMessage([{ pubkey }])) as { validators: object[] };
  await s.hear(ReportsProcessor, 'apply', { ...message, validators: [{ ...message.validators[0], consolidatedIn: '1' }] });
  expect(await s.said('report.refused@1')).toMatchObject([{ code: 'report.inconsistent' }]);
  await s.closes();
});

it('refuses a report that the books contradict, and changes nothing', async () => {
  const before = await s.said('report.refused@1');
  const message = (await s.reportMessage([{ pubkey: `0x${'ab'.repeat(48)}` }])) as { number: number };
  await s.hear(ReportsProcessor, 'apply', message);
  await s.hear(ReportsProcessor, 'apply', { ...message, reportId: newUuid(), number: 99 });
  const codes = (await s.said('report.refused@1')).slice(before.length).map((p) => p.code as string);
  expect(codes).toEqual(['report.unknown_validator', 'report.out_of_order']);
  await s.closes();
});

it('applies a report once, however often it comes', async () => {
  const message = await s.reportMessage([{ pubkey, reward: 1_000n }]);
  await s.hear(ReportsProcessor, 'apply', message);
  const after = await s.query('SELECT * FROM staking.pool WHERE id = $1', [POOL]);
  await s.hear(ReportsProcessor, 'apply', message);
  expect(await s.query('SELECT * FROM staking.pool WHERE id = $1', [POOL])).toEqual(after);
  await s.closes();
});

describe('a report that cannot be', () => {
  type Message = {
    number: number;
    fromSlot: string;
    toSlot: string;
    toBlockRoot: string;
    validators: { reward: string; closing: string }[];
  };
  const next = async (): Promise<Message> => (await s.reportMessage([{ pubkey }])) as Message;
  const codeOf = async (message: object): Promise<string> => {
    await s.hear(ReportsProcessor, 'apply', { ...message, reportId: newUuid() });
    return ((await s.said('report.refused@1')).at(-1) as { code: string } | undefined)?.code ?? 'applied';
  };

  it('sees another history: it ends no later than the last one, begins before its end, or ends in the same block', async () => {
    const first = await next();
    await s.hear(ReportsProcessor, 'apply', first);
    const message = await next();
    expect(await codeOf({ ...message, toSlot: first.toSlot })).toBe('report.forked');
    expect(await codeOf({ ...message, fromSlot: first.fromSlot })).toBe('report.forked');
    expect(await codeOf({ ...message, toBlockRoot: first.toBlockRoot })).toBe('report.forked');
    expect(await codeOf({ ...message, fromSlot: message.toSlot })).toBe('report.forked');
    expect(await codeOf({ ...first, fromSlot: '1' })).toBe('report.out_of_order');
    await s.closes();
  });

  it('has more than the protocol lets a validator have, or earned what nobody earns', async () => {
    const message = await next();
    const [validator] = message.validators;
    const swollen = (units: bigint): object => ({ ...validator, reward: units.toString(), closing: (32n * ETH + units).toString() });
    expect(await codeOf({ ...message, validators: [swollen(2_100n * ETH)] })).toBe('report.balance_impossible');
    expect(await codeOf({ ...message, validators: [swollen(40n * ETH)] })).toBe('report.balance_impossible');
    expect(await s.balance('stake.validator', pubkey)).toBe(-32n * ETH);
    await s.closes();
  });
});

describe('while a rate may not be traded on', () => {
  it('books rewards and lets nobody in or out; the first current report takes them all', async () => {
    await s.hear(RateStandingProcessor, 'standing', { poolId: POOL, number: 1, standing: 'late' });
    await s.report([{ pubkey, reward: 1_000n }]);
    const pool = async (): Promise<object> => (await s.call(null, 'GET', `/v1/staking/pools/${POOL}`)).body;
    expect(await pool()).toMatchObject({ assets: { amount: '0' }, report: 1, rate_standing: 'late' });
    await s.hear(RateStandingProcessor, 'standing', { poolId: POOL, number: 1, standing: 'current' });
    await s.report([{ pubkey }]);
    expect(await pool()).toMatchObject({ assets: { amount: '32' }, report: 2 });
    await s.closes();
  });
});

describe('the end of the period', () => {
  const ends = async (seen: object, closedAt: Date): Promise<void> => {
    const message = await s.reportMessage([{ pubkey, ...seen }]);
    await s.query('UPDATE staking.pool SET watched_epoch = 1000000');
    await s.hear(ReportsProcessor, 'apply', { ...message, closedAt: closedAt.toISOString() });
  };
  const requests = (): Promise<object[]> =>
    s.query('SELECT shares::text, state, group_report AS report FROM staking.exit_request ORDER BY seq');

  it('is when a report looks at who leaves and who pays leavers: who asks later waits for the next', async () => {
    await s.report([{ pubkey }]);
    await s.unstake(ada, '5');
    const end = new Date(s.clock.now());
    s.clock.advance(60_000);
    await s.unstake(ada, '3');
    const bo = await s.funded(4n * ETH);
    await s.stake(bo, '4');
    await ends({}, end);
    expect(await requests()).toEqual([
      { shares: String(5n * ETH), state: 'fixed', report: 2 },
      { shares: String(3n * ETH), state: 'waiting', report: null },
    ]);
    expect(await s.balance('client.reserved', bo.uuid)).toBe(4n * ETH); // pays nobody yet
    await s.closes();
    await ends({}, s.clock.now());
    expect(await requests()).toMatchObject([{}, { state: 'fixed', report: 3 }]);
    await s.closes();
  });

  it('is when the fee of a report was in force', async () => {
    await s.report([{ pubkey }]);
    const end = new Date(s.clock.now());
    s.clock.advance(60_000);
    await s.query(
      `INSERT INTO staking.fee_schedule (product_id, tier, version, commission_bps, effective_at, created_at) VALUES ('eth-payout', 'standard', 2, 5000, $1, $1)`,
      [s.clock.now()],
    );
    s.clock.advance(60_000);
    await ends({ reward: 1_000n }, end);
    await ends({ reward: 1_000n }, s.clock.now());
    expect((await s.said('report.applied@1')).slice(-2)).toMatchObject([{ commission: '100' }, { commission: '500' }]);
    // a chain whose clock is ahead of ours brings nothing into force early
    await s.query(
      `INSERT INTO staking.fee_schedule (product_id, tier, version, commission_bps, effective_at, created_at) VALUES ('eth-payout', 'standard', 3, 0, $1, $1)`,
      [new Date(s.clock.now().getTime() + 60_000)],
    );
    await ends({ reward: 1_000n }, new Date(s.clock.now().getTime() + 120_000));
    expect((await s.said('report.applied@1')).at(-1)).toMatchObject({ commission: '500' });
  });
});
