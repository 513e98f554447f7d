/** No fraction is rounded, no unit is lost, however long the number. */
import { LARGEST, newUuid } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import { accountNumbers } from './accounts.js';
import { balanceOf, entries, mustPost, post } from './index.js';
import { account, fund, openRooms, posting, reserve, type Rooms } from './postings.spec-support.js';

let database: TestDatabase;
let rooms: Rooms;

beforeAll(async () => {
  database = await createTestDatabase();
  rooms = await openRooms(database);
});
afterAll(() => database.close());

it('refuses what is no whole positive number below 10^38, alone and in a batch', async () => {
  const ann = await fund(rooms, 100n);
  const source = await database.dataSource('staking');
  const { debit, credit } = await rooms.staking.run(async (em) => {
    const numberOf = await accountNumbers(em, [ann.available, ann.reserved]);
    return { debit: numberOf(ann.available), credit: numberOf(ann.reserved) };
  });
  for (const units of ['1.5', '0', '-1', '0.000000000000000001', '1e38', 'NaN', 'Infinity', '-Infinity', '1.0']) {
    const one: unknown = await source.query(
      `SELECT status FROM ledger.post_one(gen_random_uuid(), '\\x00', 30::smallint, $1, $2, $3::numeric, now(), gen_random_uuid())`,
      [debit, credit, units],
    );
    const many: unknown = await source.query(
      `SELECT status FROM ledger.post(array[gen_random_uuid(), gen_random_uuid()], array['\\x00', '\\x00']::bytea[], array[0, 0], array[30, 30]::smallint[], array[$1::bigint, $1], array[$2::bigint, $2],
                                      array[$3::numeric, 1], array[now(), now()], array[gen_random_uuid(), gen_random_uuid()])`,
      [debit, credit, units],
    );
    expect({ units, one, many }).toEqual({ units, one: [{ status: 3 }], many: [{ status: [3, 0] }] });
  }
  expect(await rooms.staking.run((em) => balanceOf(em, ann.reserved))).toBe(9n);
});

it('refuses a malformed batch as a whole', async () => {
  const source = await database.dataSource('staking');
  const call = (keys: string, groups: string): Promise<unknown> =>
    source.query(
      `SELECT ledger.post(${keys}, array['\\x00', '\\x00']::bytea[], ${groups}, array[30, 30]::smallint[], array[1, 1]::bigint[], array[2, 2]::bigint[], array[1, 1]::numeric[], array[now(), now()], array[gen_random_uuid(), gen_random_uuid()])`,
    );
  const keys = 'array[gen_random_uuid(), gen_random_uuid()]';
  await expect(call('array[]::uuid[]', 'array[0, 0]')).rejects.toThrow('malformed batch');
  await expect(call('array[gen_random_uuid()]', 'array[0, 0]')).rejects.toThrow('malformed batch');
  await expect(call(keys, 'array[2, 0]')).rejects.toThrow('a group is the position of its first item');
  await expect(call(keys, 'array[1, 2]')).resolves.toHaveLength(1);
  await expect(call(keys, 'array[0, 1]')).rejects.toThrow('a group is the position of its first item');
  await expect(call(keys, 'array[0, NULL]')).rejects.toThrow('a group is the position of its first item');
  await expect(
    rooms.staking.run((em) =>
      post(
        em,
        ['a', 'b', 'a'].map((group) =>
          posting('stake.reserve', account('client.available', newUuid()), account('client.reserved', newUuid()), 1n, { group }),
        ),
      ),
    ),
  ).rejects.toThrow('ledger.group_scattered');
});

it('is exact to one unit at 38 digits: no double comes between', async () => {
  const ann = await fund(rooms, LARGEST);
  expect(await rooms.staking.run((em) => balanceOf(em, ann.available))).toBe(LARGEST);
  expect(await rooms.staking.run((em) => post(em, [reserve(ann, LARGEST - 1n)]))).toEqual([
    { status: 'posted', debitBalance: 1n, creditBalance: LARGEST - 1n },
  ]);
  // through the batch too, whose answers are arrays
  expect(await rooms.staking.run((em) => post(em, [reserve(ann, 2n), reserve(ann, 1n), reserve(ann, 1n)]))).toEqual([
    { status: 'refused', reason: 'insufficient' },
    { status: 'posted', debitBalance: 0n, creditBalance: LARGEST },
    { status: 'refused', reason: 'insufficient' },
  ]);
  const [credit] = await rooms.staking.run((em) => entries(em, { owner: ann.owner, account: 'client.reserved', limit: 1 }));
  expect(credit).toMatchObject({ change: 1n, balance: LARGEST, version: 2n });
});

it('ends where a number of the ledger ends: what has no limit of its own is refused, not broken', async () => {
  const ann = await fund(rooms, LARGEST);
  const more = (units: bigint) => posting('deposit.receive', ann.wallet, account('client.suspense', ann.owner), units);
  expect(await rooms.custody.run((em) => post(em, [more(1n)]))).toEqual([{ status: 'refused', reason: 'insufficient' }]);
  expect(await rooms.custody.run((em) => post(em, [more(1n), more(2n)]))).toEqual([
    { status: 'refused', reason: 'insufficient' },
    { status: 'refused', reason: 'insufficient' },
  ]);
  await rooms.custody.run((em) =>
    mustPost(em, [posting('deposit.receive', account('trust.wallet', newUuid()), account('client.suspense', ann.owner), LARGEST)]),
  );
  expect(
    await rooms.custody.run((em) => post(em, [posting('deposit.release', account('client.suspense', ann.owner), ann.available, 1n)])),
  ).toEqual([{ status: 'refused', reason: 'insufficient' }]);
});
