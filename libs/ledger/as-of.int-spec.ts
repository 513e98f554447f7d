/** Balances by both clocks, and periods that stay closed. */
import { newUuid } from '#kernel';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';
import {
  balanceAsOf,
  closedPeriods,
  closedTrialBalance,
  closePeriod,
  ledgerHealth,
  mustPost,
  reverse,
  rollUp,
  trialBalance,
  trialBalanceAsOf,
  type AccountRef,
  type Entity,
} from './index.js';
import { account, fund, openRooms, posting, type Rooms } from './postings.spec-support.js';
import { verify } from './verify/verify.js';

let database: TestDatabase;
let rooms: Rooms;

beforeAll(async () => {
  database = await createTestDatabase();
  rooms = await openRooms(database);
});
afterAll(() => database.close());

const at = (text: string): Date => new Date(`${text}Z`);
const roll = (): Promise<number> => rooms.custody.run((em) => rollUp(em));
async function rollAll(): Promise<void> {
  while ((await roll()) > 0 || (await rooms.custody.run(ledgerHealth)).notRolledUp > 0);
}
const deposit = (wallet: AccountRef, client: AccountRef, units: bigint, effectiveAt: Date) =>
  posting('deposit.receive', wallet, client, units, { effectiveAt });
const pair = (): [AccountRef, AccountRef] => [account('trust.wallet', newUuid()), account('client.suspense', newUuid())];
const close = (entity: Entity, through: string) => rooms.custody.run((em) => closePeriod(em, { entity, through, closedBy: 'stf_finance' }));
const effective = (ref: AccountRef, when: Date) => rooms.reception.read((em) => balanceAsOf(em, ref, { effectiveAt: when }));
const sums = (lines: readonly { entity: string; asset: string; balance: bigint }[]): bigint[] => [
  ...lines
    .reduce(
      (sum, line) => sum.set(line.entity + line.asset, (sum.get(line.entity + line.asset) ?? 0n) + line.balance),
      new Map<string, bigint>(),
    )
    .values(),
];

it('answers alike before, during and after the roll-up, to the instant', async () => {
  const [wallet, client] = pair();
  const days = ['2020-03-01T10:00:00', '2020-03-01T23:59:59.999', '2020-03-02T00:00:00', '2020-03-05T12:00:00', '2020-02-27T12:00:00'];
  const expected: [string, bigint][] = [
    ['2020-02-27T11:59:59.999', 0n],
    ['2020-02-27T12:00:00', 16n],
    ['2020-03-01T10:00:00', 17n],
    ['2020-03-01T23:59:59.998', 17n],
    ['2020-03-01T23:59:59.999', 19n],
    ['2020-03-02T00:00:00', 23n],
    ['2020-03-05T11:59:59.999', 23n],
    ['2020-03-05T12:00:00', 31n],
  ];
  const check = async (): Promise<void> => {
    for (const [when, balance] of expected) expect({ when, balance: await effective(client, at(when)) }).toEqual({ when, balance });
  };
  for (const [index, day] of days.entries()) {
    await rooms.custody.run((em) => mustPost(em, [deposit(wallet, client, 1n << BigInt(index), at(day))]));
    if (index === 2) await rollAll();
  }
  await check();
  await roll();
  await check();
  await rollAll();
  await check();
  const trial = await rooms.reception.read((em) => trialBalanceAsOf(em, { effectiveAt: at('2020-03-01T12:00:00') }));
  expect(trial.find((line) => line.kind === 'client.suspense')?.balance).toBe(17n);
  expect(new Set(sums(trial))).toEqual(new Set([0n]));
});

it('keeps every past moment of the system’s clock, whatever is effective when', async () => {
  const [wallet, client] = pair();
  const moments: { when: Date; balance: bigint; trial: unknown }[] = [];
  for (let n = 1n; n <= 6n; n++) {
    await rooms.custody.run((em) => mustPost(em, [deposit(wallet, client, n, at(`2019-01-0${7n - n}T00:00:00`))]));
    const [{ when }] = await database.admin.query<[{ when: Date }]>(
      `SELECT date_trunc('milliseconds', clock_timestamp()) + interval '1 millisecond' AS when`,
    );
    moments.push({ when, balance: (n * (n + 1n)) / 2n, trial: await rooms.reception.read((em) => trialBalance(em)) });
    await fund(rooms, 1n);
  }
  for (const { when, balance, trial } of moments) {
    await rooms.reception.read(async (em) => {
      expect(await balanceAsOf(em, client, { recordedAt: when })).toBe(balance);
      const then = await trialBalanceAsOf(em, { recordedAt: when });
      expect(then.filter((line) => line.balance !== 0n)).toEqual((trial as typeof then).filter((line) => line.balance !== 0n));
    });
  }
  expect(await rooms.reception.read((em) => balanceAsOf(em, client, { recordedAt: at('2001-01-01T00:00:00') }))).toBe(0n);
  expect(
    await rooms.reception.read((em) => balanceAsOf(em, account('client.suspense', newUuid()), { recordedAt: at('2100-01-01T00:00:00') })),
  ).toBe(0n);
});

it('closes a period for good: what comes late counts in the first open day, and keeps its time', async () => {
  const [wallet, client] = pair();
  const post = (units: bigint, when: string) => rooms.custody.run((em) => mustPost(em, [deposit(wallet, client, units, at(when))]));
  await post(10n, '2021-01-15T08:00:00');
  await rollAll();
  const closed = await close('client_trust', '2021-01-31');
  expect(closed).toMatchObject({ status: 'closed', period: { entity: 'client_trust', through: '2021-01-31', closedBy: 'stf_finance' } });
  await post(5n, '2021-01-20T08:00:00');
  expect(await effective(client, at('2021-01-31T23:59:59.999'))).toBe(10n);
  expect(await effective(client, at('2021-02-01T00:00:00'))).toBe(15n);
  await rollAll();
  expect(await effective(client, at('2021-01-31T23:59:59.999'))).toBe(10n);
  expect(await effective(client, at('2021-02-01T00:00:00'))).toBe(15n);
  // the house has not closed: its late postings count when they are
  const house = posting('house.fund', account('house.wallet', newUuid()), account('house.capital', newUuid()), 7n, {
    effectiveAt: at('2021-01-10T00:00:00'),
  });
  await rooms.custody.run((em) => mustPost(em, [house]));
  expect(await effective(house.credit, at('2021-01-10T00:00:00'))).toBe(7n);
  expect(
    await rooms.custody.run((em) =>
      reverse(em, { key: newUuid(), original: house.key, effectiveAt: at('2021-01-11T00:00:00'), reference: newUuid(), reason: 'twice' }),
    ),
  ).toMatchObject({ status: 'reversed' });
  expect(await effective(house.credit, at('2021-01-10T12:00:00'))).toBe(7n);
  expect(await effective(house.credit, at('2021-01-11T00:00:00'))).toBe(0n);
  // the next close takes the late one in
  await rollAll();
  expect(await close('client_trust', '2021-02-28')).toMatchObject({ status: 'closed' });
  const [first, second] = (await rooms.custody.run((em) => closedPeriods(em, 'client_trust'))).slice(-2);
  if (!first || !second) throw new Error('two periods are closed');
  const balances = await rooms.custody.run(async (em) => [await closedTrialBalance(em, first), await closedTrialBalance(em, second)]);
  const suspense = balances.map((lines) => lines.find((line) => line.kind === 'client.suspense')?.balance ?? 0n);
  expect((suspense[1] ?? 0n) - (suspense[0] ?? 0n)).toBe(5n);
  for (const lines of balances) expect(new Set(sums(lines))).toEqual(new Set([0n]));
});

it('closes each day once, and only what is over and settled', async () => {
  expect(await close('house', '2021-03-31')).toMatchObject({ status: 'closed' });
  const again = await close('house', '2021-03-31');
  expect(again).toEqual(await close('house', '2021-03-31'));
  expect(await close('house', '2021-03-30')).toEqual({ status: 'refused', reason: 'already_closed' });
  const [{ today }] = await database.admin.query<[{ today: string }]>(`SELECT (now() AT TIME ZONE 'UTC')::date::text AS today`);
  expect(await close('house', today)).toEqual({ status: 'refused', reason: 'not_over' });
  await rollAll();
  await rooms.custody.run((em) =>
    mustPost(em, [
      posting('house.fund', account('house.wallet', newUuid()), account('house.capital', newUuid()), 1n, {
        effectiveAt: at('2021-04-01T00:00:00'),
      }),
    ]),
  );
  expect(await close('house', '2021-04-30')).toEqual({ status: 'refused', reason: 'unsettled' });
  await rollAll();
  expect(await close('house', '2021-04-30')).toMatchObject({ status: 'closed' });
  await expect(rooms.custody.run((em) => closePeriod(em, { entity: 'house', through: '2021-05-31', closedBy: '' }))).rejects.toThrow(
    'a close names',
  );
});

it('rolls up first in its transaction, a few batches at a time, and never twice', async () => {
  await rollAll();
  for (let n = 0; n < 7; n++) await fund(rooms, 1n);
  await expect(rooms.custody.run(async (em) => (await em.query('SELECT pg_current_xact_id()'), rollUp(em)))).rejects.toThrow(
    'comes first in its transaction',
  );
  expect(await roll()).toBe(0); // sets the fence
  const some: number[] = [];
  // the fence waits for every transaction of the server that is older than it, those of other databases too
  await eventually(async () => {
    const rolled = await rooms.custody.run((em) => rollUp(em, 6));
    if (rolled > 0) some.push(rolled);
    return some.reduce((sum, n) => sum + n, 0) >= 7;
  });
  expect(some).toEqual([3, 3, 1]);
  expect(await roll()).toBe(0);
  await Promise.all([fund(rooms, 1n), roll(), fund(rooms, 1n), roll(), roll(), fund(rooms, 1n)]);
  await rollAll();
  expect((await rooms.custody.run(ledgerHealth)).notRolledUp).toBe(0);
});

it('goes on after a restore into another cluster, whose transactions count from anew', async () => {
  await rollAll();
  await fund(rooms, 1n);
  await roll();
  await database.admin.query(`SELECT ledger.set_rollup(rolled_to, fence_batch, '9000000000000000000') FROM ledger.rollup`);
  await fund(rooms, 1n);
  await rollAll();
  expect((await rooms.custody.run(ledgerHealth)).notRolledUp).toBe(0);
});

it('says how the ledger is', async () => {
  const { imbalances } = await rooms.custody.run(ledgerHealth);
  expect(imbalances).toEqual([
    { entity: 'client_trust', asset: 'ETH', imbalance: 0n },
    { entity: 'house', asset: 'ETH', imbalance: 0n },
  ]);
  const health = await database.admin.transaction(async (em) => {
    await em.query('SET LOCAL session_replication_role = replica');
    await em.query('UPDATE ledger.balance SET balance = balance + 3 WHERE account_id = (SELECT min(id) FROM ledger.account)');
    const found = await ledgerHealth(em);
    await em.query('UPDATE ledger.balance SET balance = balance - 3 WHERE account_id = (SELECT min(id) FROM ledger.account)');
    return found;
  });
  expect(health.imbalances[0]).toMatchObject({ imbalance: 3n });
});

it('leaves books that verify', async () => {
  const report = await database.admin.transaction((em) =>
    verify({ rows: async (sql, values) => em.query(sql, values ? [...values] : undefined) }),
  );
  expect(report.findings).toEqual([]);
});
