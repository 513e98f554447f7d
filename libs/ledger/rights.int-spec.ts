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
  it('for every transfer kind, every pair of account kinds and every room that posts', async () => {
    const [from, to] = [await everyAccount('x'), await everyAccount('y')];
    const pairs = accountNames.flatMap((debit) => accountNames.map((credit) => ({ debit, credit })));
    for (const room of ['custody', 'staking', 'rewards'] as const) {
      const source = await database.dataSource(room);
      for (const name of kindNames) {
        const kind = transferKinds[name];
        // where both sides must be one owner's, take them from one
        const items = pairs.map(({ debit, credit }) => ({
          kind: kind.code,
          debit: from.get(debit) ?? '0',
          credit: (debit === credit ? to : from).get(credit) ?? '0',
        }));
        const found = await statuses(source, items);
        const crossing = pairs.filter(({ debit, credit }) => accountKinds[debit].entity !== accountKinds[credit].entity);
        const allowed = pairs.filter((_, index) => found[index] !== 3 && found[index] !== 5);
        expect({ room, name, allowed }).toEqual({
          room,
          name,
          allowed: kind.role === room ? [{ debit: kind.debit, credit: kind.credit }] : [],
        });
        expect(crossing.some((pair) => allowed.includes(pair))).toBe(false);
        if (kind.role !== room) expect(new Set(found)).toEqual(new Set([5]));
      }
    }
  }, 240_000);

  it('for every transfer kind and every room, what may be reversed', async () => {
    // money enough for each kind, without the way it usually comes: limits are lifted by hand
    const [numbers, other] = [await everyAccount('w'), await everyAccount('v')];
    const runner = database.admin.createQueryRunner();
    try {
      await runner.query('SET session_replication_role = replica');
      await runner.query('UPDATE ledger.balance SET floor = NULL, ceiling = NULL WHERE account_id = ANY ($1::bigint[])', [
        [...numbers.values(), ...other.values()],
      ]);
    } finally {
      await runner.query('SET session_replication_role = origin');
      await runner.release();
    }
    const posting = ['custody', 'staking', 'rewards'] as const;
    const sources = new Map<string, DataSource>();
    for (const room of posting) sources.set(room, await database.dataSource(room));
    const ask = async (room: string, sql: string, values: unknown[]): Promise<number | undefined> =>
      (await sources.get(room)?.query<{ status: number }[]>(sql, values))?.[0]?.status;
    for (const name of kindNames) {
      const kind = transferKinds[name];
      const key = newUuid();
      const sides = [numbers.get(kind.debit), (kind.debit === kind.credit ? other : numbers).get(kind.credit)];
      const post = `SELECT status FROM ledger.post_one($1, '\\x00', $2::smallint, $3, $4, 1, now(), gen_random_uuid())`;
      expect({ name, status: await ask(kind.role, post, [key, kind.code, ...sides]) }).toEqual({ name, status: 0 });
      for (const room of posting) {
        const status = await ask(
          room,
          `SELECT status FROM ledger.reverse(gen_random_uuid(), '\\x00', $1, now(), gen_random_uuid(), 'a reason')`,
          [key],
        );
        expect({ name, room, status }).toEqual({ name, room, status: kind.role !== room ? 5 : kind.reversible ? 0 : 7 });
      }
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
  const tables = [
    'entity',
    'asset',
    'account_kind',
    'transfer_kind',
    'chart_log',
    'account',
    'balance',
    'batch',
    'decision',
    'hold',
    'reversal',
    'period',
    'period_balance',
  ];
  /** Sums over what happened: they change, but only by the functions. */
  const derived = ['day_delta', 'rollup'];

  it('gives no room a right on any table', async () => {
    for (const room of roomNames) {
      const source = await database.dataSource(room);
      for (const table of [...tables, ...derived]) {
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

  it('keeps the functions to those who need them', async () => {
    const rows: { name: string; roles: string[] }[] = await database.admin.query(
      `SELECT p.proname AS name, array_agg(DISTINCT substr(r.rolname, 8) ORDER BY substr(r.rolname, 8)) AS roles FROM pg_proc p JOIN pg_roles r ON r.rolname = ANY ($1)
        WHERE p.pronamespace = 'ledger'::regnamespace AND has_function_privilege(r.oid, p.oid, 'EXECUTE') GROUP BY 1`,
      [roomNames.map((room) => `bailee_${room}`)],
    );
    const holders = new Map(rows.map(({ name, roles }) => [name, roles.join(' ')]));
    const posters = 'custody rewards staking';
    for (const name of ['post', 'post_one', 'post_folding', 'open_accounts', 'open_stripes', 'fold_stripes', 'reverse'])
      expect({ name, holders: holders.get(name) }).toEqual({ name, holders: posters });
    for (const name of ['roll_up', 'close_period', 'health'])
      expect({ name, holders: holders.get(name) }).toEqual({ name, holders: 'custody' });
    for (const name of ['balance_recorded', 'trial_balance_effective', 'periods', 'entries_before'])
      expect({ name, holders: holders.get(name) }).toEqual({ name, holders: 'compliance custody reception rewards staking' });
    for (const name of [
      'fold',
      'lock_whole',
      'store_reversal',
      'roll_to_fence',
      'set_rollup',
      'record_hold',
      'whole_before',
      'cut_at',
      'business_at',
      'changes_counted',
    ])
      expect({ name, holders: holders.get(name) }).toEqual({ name, holders: undefined });
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
