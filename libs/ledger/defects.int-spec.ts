/** Defects that other ledgers had, kept out of this one by name. */
import { newUuid, uuid5 } from '#kernel';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';
import { balanceAsOf, balanceOf, foldStripes, ledgerHealth, mustPost, placeHold, post, rollUp, type Posting } from './index.js';
import { account, fund, NOON, openRooms, posting, reserve, type Rooms } from './postings.spec-support.js';
import { verify } from './verify/verify.js';

let database: TestDatabase;
let rooms: Rooms;

beforeAll(async () => {
  database = await createTestDatabase();
  rooms = await openRooms(database);
});
afterAll(() => database.close());

const settled = async (): Promise<boolean> => {
  await rooms.custody.run((em) => rollUp(em));
  return (await rooms.custody.run(ledgerHealth)).notRolledUp === 0;
};

it('a balance decided through a double lets one wei be overspent', async () => {
  // 2^53 wei is 0.009 ether: from there on a double takes two neighbours for one
  for (const exact of [2n ** 53n, 32n * 10n ** 18n, 10n ** 30n]) {
    const ann = await fund(rooms, exact);
    const over = reserve(ann, exact + 1n);
    expect(await rooms.staking.run((em) => post(em, [over]))).toEqual([{ status: 'refused', reason: 'insufficient' }]);
    expect(await rooms.staking.run((em) => post(em, [reserve(ann, exact), reserve(ann, 1n)]))).toEqual([
      { status: 'posted', debitBalance: 0n, creditBalance: exact },
      { status: 'refused', reason: 'insufficient' },
    ]);
  }
});

it('work that walks the log by number skips a transaction that took its number early and commits late', async () => {
  await eventually(settled);
  const [wallet, late, early] = [
    account('trust.wallet', newUuid()),
    account('client.suspense', newUuid()),
    account('client.suspense', newUuid()),
  ];
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  let numbered = (): void => undefined;
  const hasNumber = new Promise<void>((resolve) => (numbered = resolve));
  const slow = rooms.custody.run(async (em) => {
    await mustPost(em, [posting('deposit.receive', account('trust.wallet', newUuid()), late, 7n)]);
    numbered();
    await finished;
  });
  await hasNumber;
  await rooms.custody.run((em) => mustPost(em, [posting('deposit.receive', wallet, early, 5n)])); // a higher number, committed first
  for (let step = 0; step < 4; step++) await rooms.custody.run((em) => rollUp(em));
  // the late one is still under way: nothing is rolled up over its head, and the answer is exact all the same
  expect((await rooms.custody.run(ledgerHealth)).notRolledUp).toBe(1);
  expect(await rooms.custody.run((em) => balanceAsOf(em, early, { effectiveAt: NOON }))).toBe(5n);
  finish();
  await slow;
  await eventually(settled);
  expect(await rooms.custody.run((em) => balanceAsOf(em, late, { effectiveAt: NOON }))).toBe(7n);
  const [{ days }] = await database.admin.query<[{ days: number }]>(
    'SELECT count(*)::int AS days FROM ledger.day_delta t JOIN ledger.account a ON a.id = t.account_id WHERE a.owner = ANY ($1)',
    [[late.owner, early.owner]],
  );
  expect(days).toBe(2);
});

it('a reward job that runs again pays twice', async () => {
  const run = newUuid();
  const pool = newUuid();
  const clients = Array.from({ length: 20 }, () => newUuid());
  const payable = account('pool.rewards_payable', pool);
  await rooms.staking.run((em) => mustPost(em, [posting('reward.accrue', account('stake.validator', newUuid()), payable, 1_000n)]));
  const settle = (): Posting[] =>
    clients.map((owner, index) => ({
      ...posting('reward.settle', payable, account('client.rewards', owner), BigInt(index + 1)),
      key: uuid5('reward.settle', run, owner),
      reference: run,
    }));
  const first = await rooms.staking.run((em) => post(em, settle()));
  const again = await Promise.all([1, 2, 3].map(() => rooms.staking.run((em) => post(em, settle()))));
  for (const outcome of again) expect(outcome).toEqual(first);
  // half of it in another order, each alone: still the same decisions
  for (const item of settle().reverse().slice(0, 10)) await rooms.staking.run((em) => mustPost(em, [item]));
  await rooms.staking.read(async (em) => {
    expect(await balanceOf(em, payable)).toBe(1_000n - 210n);
    for (const [index, owner] of clients.entries()) expect(await balanceOf(em, account('client.rewards', owner))).toBe(BigInt(index + 1));
  });
  // and a run that would pay other amounts under the same keys pays nothing
  const doubled = settle().map((p) => ({ ...p, amount: p.amount + p.amount }) as Posting);
  expect(new Set((await rooms.staking.run((em) => post(em, doubled))).map((o) => (o.status === 'refused' ? o.reason : o.status)))).toEqual(
    new Set(['conflict']),
  );
});

it('compaction deletes history', async () => {
  const chain = newUuid();
  const payable = account('trust.fee_payable', chain);
  for (let n = 0; n < 6; n++)
    await rooms.staking.run((em) => mustPost(em, [posting('reward.commission', account('stake.validator', newUuid()), payable, 3n)]));
  const count = async (): Promise<number> => {
    const [row] = await database.admin.query<[{ n: number }]>('SELECT count(*)::int AS n FROM ledger.decision WHERE kind <> 0');
    return row.n;
  };
  const before = await count();
  await eventually(settled);
  await rooms.staking.run((em) => foldStripes(em, 1_000));
  await eventually(settled);
  expect(await count()).toBe(before);
  for (const sql of [
    'DELETE FROM ledger.decision',
    'TRUNCATE ledger.decision',
    'DELETE FROM ledger.day_delta',
    'TRUNCATE ledger.period CASCADE',
    'DELETE FROM ledger.reversal',
  ])
    await expect(database.admin.query(sql)).rejects.toThrow('append-only');
});

it('holds are overspent by commits at the same time', async () => {
  const ann = await fund(rooms, 100n);
  // reserving is a posting of its own, so what is set aside cannot be set aside twice, however many ask at once
  const asked = await Promise.all(Array.from({ length: 12 }, () => rooms.staking.run((em) => post(em, [reserve(ann, 30n)]))));
  expect(asked.flat().filter((o) => o.status === 'posted')).toHaveLength(3);
  expect(await rooms.staking.run((em) => balanceOf(em, ann.available))).toBe(10n);
  // and a hold lets none through that commits after it
  const bob = await fund(rooms, 100n);
  const hold = {
    holdId: newUuid(),
    owner: bob.owner,
    scopes: ['stake'] as const,
    reason: 'court order',
    legalBasis: 'CO-1',
    placedBy: 'officer',
  };
  const racing = Array.from({ length: 8 }, () => rooms.staking.run((em) => post(em, [reserve(bob, 1n)])));
  await rooms.compliance.run((em) => placeHold(em, hold));
  const reservedAtHold = await rooms.staking.run((em) => balanceOf(em, bob.reserved));
  await Promise.all(racing);
  expect(await rooms.staking.run((em) => balanceOf(em, bob.reserved))).toBe(reservedAtHold);
});

it('leaves books that verify', async () => {
  const report = await database.admin.transaction((em) =>
    verify({ rows: async (sql, values) => em.query(sql, values ? [...values] : undefined) }),
  );
  expect(report.findings).toEqual([]);
});
