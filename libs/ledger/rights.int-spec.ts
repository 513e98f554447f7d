/** Who may do what: rooms by their role, nobody by hand, and never across legal entities. */
import { newUuid } from '#kernel';
import { rooms as roomNames } from '#messages';
import { createTestDatabase, type TestDatabase } from '#testing';
import type { DataSource } from 'typeorm';
import { accountNumbers } from './accounts.js';
import {
  accountKinds,
  chartDrift,
  mustPost,
  post,
  transferKinds,
  type AccountKindName,
  type AccountRef,
  type TransferKindName,
} from './index.js';
import { account, fund, openRooms, posting, reserve, type Rooms } from './postings.spec-support.js';

let database: TestDatabase;
let rooms: Rooms;

beforeAll(async () => {
  database = await createTestDatabase();
  rooms = await openRooms(database);
});
afterAll(() => database.close());

const kindNames = Object.keys(transferKinds) as TransferKindName[];
const accountNames = Object.keys(accountKinds) as AccountKindName[];
const assetOf = (kind: AccountKindName): AccountRef['asset'] => (accountKinds[kind].asset === 'share' ? 'ETH-PAYOUT-1' : 'ETH');
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { driverError?: { code?: string } }).driverError?.code ?? String(error),
  );

/** Asks as a room, without the client in between: one item a row, alone. Returns the statuses. */
async function statuses(source: DataSource, items: { kind: number; debit: string; credit: string; amount?: string }[]): Promise<number[]> {
  const [row] = await source.query<[{ status: number[] }]>(
    `SELECT status FROM ledger.post($1::uuid[], array_fill('\\x00'::bytea, array[$2::int]), array_fill(0, array[$2::int]), $3::smallint[], $4::bigint[], $5::bigint[], $6::numeric[],
                                    array_fill(now(), array[$2::int]), array_fill(gen_random_uuid(), array[$2::int]))`,
    [
      items.map(() => newUuid()),
      items.length,
      items.map((i) => i.kind),
      items.map((i) => i.debit),
      items.map((i) => i.credit),
      items.map((i) => i.amount ?? '1'),
    ],
  );
  return row.status;
}

async function everyAccount(suffix: string): Promise<Map<AccountKindName, string>> {
  const owner = newUuid();
  const refs = accountNames.map((kind) =>
    account(kind, ['client', 'wallet', 'run', 'pool'].includes(accountKinds[kind].owner) ? owner : suffix, assetOf(kind)),
  );
  const numbers = new Map<AccountKindName, string>();
  for (const room of [rooms.custody, rooms.staking, rooms.rewards]) {
    await room.run(async (em) => {
      const numberOf = await accountNumbers(em, refs);
      for (const ref of refs) if (numberOf(ref) !== '0') numbers.set(ref.kind, numberOf(ref));
    });
  }
  expect(numbers.size).toBe(accountNames.length);
  return numbers;
}

describe('the chart decides', () => {
  it('for every transfer kind and every pair of account kinds', async () => {
    const [from, to] = [await everyAccount('x'), await everyAccount('y')];
    const sources = {
      custody: await database.dataSource('custody'),
      staking: await database.dataSource('staking'),
      rewards: await database.dataSource('rewards'),
    };
    for (const name of kindNames) {
      const kind = transferKinds[name];
      const pairs = accountNames.flatMap((debit) => accountNames.map((credit) => ({ debit, credit })));
      // where both sides must be one owner's, take them from one
      const items = pairs.map(({ debit, credit }) => ({
        kind: kind.code,
        debit: from.get(debit) ?? '0',
        credit: (debit === credit ? to : from).get(credit) ?? '0',
      }));
      const found = await statuses(sources[kind.role as keyof typeof sources], items);
      const allowed = pairs.filter((_, index) => found[index] !== 3);
      expect({ name, allowed }).toEqual({ name, allowed: [{ debit: kind.debit, credit: kind.credit }] });
    }
  }, 120_000);

  it('for every transfer kind and every room: only its own may, and a superuser is no exception', async () => {
    const numbers = await everyAccount('z');
    for (const room of roomNames) {
      const source = await database.dataSource(room);
      const items = kindNames.map((name) => ({
        kind: transferKinds[name].code,
        debit: numbers.get(transferKinds[name].debit) ?? '0',
        credit: numbers.get(transferKinds[name].credit) ?? '0',
      }));
      if (!['custody', 'staking', 'rewards'].includes(room)) {
        expect({ room, code: await codeOf(statuses(source, items)) }).toEqual({ room, code: '42501' });
        continue;
      }
      const found = await statuses(source, items);
      expect(kindNames.filter((_, index) => found[index] !== 5)).toEqual(kindNames.filter((name) => transferKinds[name].role === room));
    }
    expect(
      new Set(
        await statuses(
          database.admin,
          kindNames.map((name) => ({ kind: transferKinds[name].code, debit: '1', credit: '2' })),
        ),
      ),
    ).toEqual(new Set([5]));
  });

  it('refuses money from one client to another, alone and in a batch', async () => {
    const [ann, bob] = [await fund(rooms, 10n), await fund(rooms, 10n)];
    const crossed = () => posting('stake.reserve', ann.available, bob.reserved, 1n);
    const refusal = { status: 'refused', reason: 'invalid' };
    expect(await rooms.staking.run((em) => post(em, [crossed()]))).toEqual([refusal]);
    expect(await rooms.staking.run((em) => post(em, [crossed(), crossed()]))).toEqual([refusal, refusal]);
  });

  it('keeps entities apart even where somebody wrote a kind that crosses them', async () => {
    const ann = await fund(rooms, 10n);
    const runner = database.admin.createQueryRunner();
    try {
      const cross = `INSERT INTO ledger.transfer_kind(code, name, debit_kind, credit_kind, entity, role, same_owner) VALUES (999, 'client.take', 1, 61, 1, 'bailee_custody', false)`;
      expect(await codeOf(runner.query(cross))).toBe('23503');
      await runner.query('SET session_replication_role = replica');
      await runner.query(cross);
      const numbers = await rooms.custody.run((em) => accountNumbers(em, [ann.available, account('house.capital', 'ethereum')]));
      const source = await database.dataSource('custody');
      const item = { kind: 999, debit: numbers(ann.available), credit: numbers(account('house.capital', 'ethereum')) };
      expect(await statuses(source, [item, item])).toEqual([3, 3]);
      const [one] = await source.query<[{ status: number }]>(
        `SELECT status FROM ledger.post_one(gen_random_uuid(), '\\x00', 999::smallint, $1, $2, 1, now(), gen_random_uuid())`,
        [item.debit, item.credit],
      );
      expect(one.status).toBe(3);
      expect(await rooms.custody.run(chartDrift)).toEqual(['transfer_kind 999 is unknown to this code']);
    } finally {
      await runner.query('DELETE FROM ledger.transfer_kind WHERE code = 999');
      await runner.query('SET session_replication_role = origin');
      await runner.release();
    }
  });
});

describe('rights', () => {
  const tables = ['entity', 'asset', 'account_kind', 'transfer_kind', 'chart_log', 'account', 'balance', 'batch', 'decision', 'hold'];

  it('gives no room a right on any table', async () => {
    for (const room of roomNames) {
      const source = await database.dataSource(room);
      for (const table of tables) {
        for (const sql of [
          `SELECT FROM ledger.${table}`,
          `DELETE FROM ledger.${table}`,
          `TRUNCATE ledger.${table}`,
          `INSERT INTO ledger.${table} DEFAULT VALUES`,
        ]) {
          expect({ room, sql, code: await codeOf(source.query(sql)) }).toEqual({ room, sql, code: '42501' });
        }
      }
    }
  });

  it('lets not even the owner change or remove what happened', async () => {
    await fund(rooms, 1n);
    for (const table of tables) {
      const [{ column }] = await database.admin.query<[{ column: string }]>(
        `SELECT column_name AS column FROM information_schema.columns WHERE table_schema = 'ledger' AND table_name = '${table}' ORDER BY ordinal_position LIMIT 1`,
      );
      for (const sql of [
        `UPDATE ledger.${table} SET ${column} = ${column}`,
        `DELETE FROM ledger.${table}`,
        `TRUNCATE ledger.${table} CASCADE`,
      ]) {
        expect({ sql, code: await codeOf(database.admin.query(sql)) }).toEqual({ sql, code: '23001' });
      }
    }
  });

  it('opens accounts only for a room whose kinds touch them, and only in their form', async () => {
    const shares = account('client.shares', newUuid(), 'ETH-PAYOUT-1');
    const cases: [keyof Rooms, AccountRef, boolean][] = [
      ['custody', shares, false],
      ['rewards', shares, false],
      ['staking', shares, true],
      ['staking', { ...shares, asset: 'ETH' }, false],
      ['staking', account('client.available', 'ann'), false],
      ['staking', account('client.available', newUuid().toUpperCase()), false],
      ['staking', account('pool.staked', 'a pool'), false],
      ['staking', account('pool.staked', 'eth-payout-1'), true],
    ];
    for (const [room, ref, opened] of cases) {
      const number = await rooms[room].run(async (em) => (await accountNumbers(em, [ref]))(ref));
      expect({ room, ref, opened: number !== '0' }).toEqual({ room, ref, opened });
    }
  });

  it('lets rooms hold only where they may: compliance and custody', async () => {
    const args = `gen_random_uuid(), '${newUuid()}', 2, 'a reason', 'a basis', 'officer'`;
    for (const room of roomNames) {
      const code = await codeOf((await database.dataSource(room)).query(`SELECT ledger.place_hold(${args})`));
      expect({ room, code }).toEqual({ room, code: ['compliance', 'custody'].includes(room) ? 'done' : '42501' });
    }
  });

  it('decides by who logged in, whatever role is put on', async () => {
    const ann = await fund(rooms, 5n);
    const outcome = await database.admin.transaction(async (em) => {
      await em.query('SET LOCAL ROLE bailee_staking');
      return post(em, [reserve(ann, 1n)]);
    });
    expect(outcome).toEqual([{ status: 'refused', reason: 'forbidden' }]);
    await expect(rooms.custody.run((em) => mustPost(em, [reserve(ann, 1n)]))).rejects.toThrow('ledger.refused');
  });
});
