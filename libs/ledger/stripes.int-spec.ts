/** An account with stripes is one account, whoever looks; and those who only add to it do not wait for each other. */
import { newUuid } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import {
  accountKinds,
  balanceOf,
  balancesOfKind,
  entries,
  foldStripes,
  mustPost,
  ownerBalances,
  post,
  transferKinds,
  trialBalance,
  type AccountKind,
  type Posting,
  type TransferKind,
} from './index.js';
import { account, openRooms, posting, type Rooms } from './postings.spec-support.js';
import { verify } from './verify/verify.js';

let database: TestDatabase;
let rooms: Rooms;

beforeAll(async () => {
  database = await createTestDatabase();
  rooms = await openRooms(database);
});
afterAll(() => database.close());

const chain = (): string => newUuid();
const commission = (owner: string, units: bigint, more: Partial<Posting> = {}): Posting =>
  posting('reward.commission', account('stake.validator', newUuid()), account('trust.fee_payable', owner), units, more);
const sweep = (owner: string, units: bigint, wallet: string): Posting =>
  posting('fee.sweep', account('trust.fee_payable', owner), account('trust.wallet', wallet), units);
const rowsOf = (owner: string): Promise<{ stripe: number; balance: string }[]> =>
  database.admin.query(
    'SELECT a.stripe, b.balance FROM ledger.account a JOIN ledger.balance b ON b.account_id = a.id WHERE a.owner = $1 AND a.kind = 14 ORDER BY 1',
    [owner],
  );
async function wallet(units: bigint): Promise<string> {
  const id = newUuid();
  await rooms.custody.run((em) =>
    mustPost(em, [posting('deposit.receive', account('trust.wallet', id), account('client.suspense', newUuid()), units)]),
  );
  return id;
}

it('spreads what only adds over its rows, and reads as one', async () => {
  const owner = chain();
  const payable = account('trust.fee_payable', owner);
  for (let n = 1n; n <= 8n; n++) await rooms.staking.run((em) => mustPost(em, [commission(owner, n), commission(owner, 1n)]));
  const rows = await rowsOf(owner);
  expect(rows).toHaveLength(9);
  expect(rows[0]).toEqual({ stripe: 0, balance: '0' });
  expect(rows.filter((row) => row.balance !== '0')).toHaveLength(8);
  await rooms.reception.read(async (em) => {
    expect(await balanceOf(em, payable)).toBe(44n);
    expect(await ownerBalances(em, owner)).toEqual([{ ...payable, balance: 44n }]);
    expect((await balancesOfKind(em, 'trust.fee_payable', 'ETH')).filter((b) => b.owner === owner)).toEqual([{ ...payable, balance: 44n }]);
    const all = (await entries(em, { owner, limit: 100 })).reverse();
    let balance = 0n;
    expect(all.map((e) => [e.balance, e.version])).toEqual(all.map((e, index) => [(balance += e.change), BigInt(index + 1)]));
  });
});

it('bears whatever all its rows together bear, in one batch and in two, folded or not', async () => {
  const owner = chain();
  const to = await wallet(1_000n);
  for (let n = 0; n < 5; n++) await rooms.staking.run((em) => mustPost(em, [commission(owner, 10n)]));
  expect(await rooms.custody.run((em) => post(em, [sweep(owner, 51n, to), sweep(owner, 45n, to), sweep(owner, 6n, to)]))).toMatchObject([
    { status: 'refused', reason: 'insufficient' },
    { status: 'posted', debitBalance: 5n },
    { status: 'refused', reason: 'insufficient' },
  ]);
  await rooms.staking.run((em) => mustPost(em, [commission(owner, 1n)]));
  expect(await rooms.custody.run((em) => post(em, [sweep(owner, 6n, to)]))).toMatchObject([{ status: 'posted', debitBalance: 0n }]);
  expect((await rowsOf(owner)).every((row) => row.balance === '0')).toBe(true);
  const [newest] = await rooms.reception.read((em) => entries(em, { owner, limit: 1 }));
  expect(newest).toMatchObject({ kind: 'fee.sweep', change: -6n, balance: 0n });
});

it('folds what a holding took, too', async () => {
  const owner = chain();
  const [receivable, income] = [account('house.fee_receivable', owner), account('house.fee_income', owner)];
  for (let n = 0; n < 3; n++) await rooms.staking.run((em) => mustPost(em, [posting('house.fee_accrue', receivable, income, 10n)]));
  const receive = (units: bigint): Posting => posting('house.fee_receive', account('house.wallet', newUuid()), receivable, units);
  expect(await rooms.custody.run((em) => post(em, [receive(31n), receive(30n)]))).toMatchObject([
    { status: 'refused', reason: 'insufficient' },
    { status: 'posted', creditBalance: 0n },
  ]);
});

it('is swept in the background, and nobody sees a difference', async () => {
  const owner = chain();
  for (let n = 0; n < 4; n++) await rooms.staking.run((em) => mustPost(em, [commission(owner, 10n)]));
  const look = () =>
    rooms.reception.read(async (em) => ({ entries: await entries(em, { owner, limit: 50 }), trial: await trialBalance(em) }));
  const before = await look();
  expect(await rooms.staking.run((em) => foldStripes(em, 1_000))).toBeGreaterThanOrEqual(4);
  expect((await rowsOf(owner)).map((row) => row.balance)).toEqual(['40', ...Array.from({ length: 8 }, () => '0')]);
  expect(await rooms.staking.run((em) => foldStripes(em, 1_000))).toBe(0);
  expect(await look()).toEqual(before);
});

it('lets as many connections as it has stripes add at once, while none has committed', async () => {
  const owner = chain();
  await rooms.staking.run((em) => mustPost(em, [commission(owner, 1n)]));
  const begun: (() => void)[] = [];
  let arrived = 0;
  const all = new Promise<void>((resolve) => begun.push(resolve));
  // each holds its locks until every other has posted: with one row for all, the second would wait for the first for ever
  await Promise.all(
    Array.from({ length: 4 }, () =>
      rooms.staking.run(async (em) => {
        await mustPost(em, [commission(owner, 1n)]);
        if (++arrived === 4) begun[0]?.();
        await all;
      }),
    ),
  );
  expect(await rooms.staking.run((em) => balanceOf(em, account('trust.fee_payable', owner)))).toBe(5n);
});

it('is for accounts that many share and no hold reaches', () => {
  const kinds: Readonly<Record<string, AccountKind>> = accountKinds;
  const striped = Object.keys(kinds).filter((name) => kinds[name]?.stripes);
  expect(striped).toEqual(['trust.fee_payable', 'house.fee_receivable', 'house.fee_income']);
  for (const name of striped) {
    expect(kinds[name]?.owner).toBe('chain');
    const touching = Object.values<TransferKind>(transferKinds).filter((k) => k.debit === name || k.credit === name);
    expect(touching.every((k) => k.debit !== k.credit)).toBe(true);
  }
});

it('leaves books that verify', async () => {
  const report = await database.admin.transaction((em) =>
    verify({ rows: async (sql, values) => em.query(sql, values ? [...values] : undefined) }),
  );
  expect(report.findings).toEqual([]);
});
