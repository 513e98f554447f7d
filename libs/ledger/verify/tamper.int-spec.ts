/** Every column of every table of the ledger, altered by hand as a superuser could, must be found. */
import { newUuid } from '#kernel';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';
import type { EntityManager } from 'typeorm';
import { closePeriod, ledgerHealth, mustPost, placeHold, post, releaseHold, reverse, rollUp } from '../index.js';
import { account, fund, NOON, openRooms, posting, reserve, type Rooms } from '../postings.spec-support.js';
import type { Reader, Report } from './report.js';
import { verify } from './verify.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await fill();
});
afterAll(() => database.close());

/** A bit of everything: batches and singles, groups, every sort of refusal, holds placed and released, reversals, stripes and folds, days and closed periods. */
async function fill(): Promise<void> {
  const rooms = await openRooms(database);
  const ann = await fund(rooms, 100n);
  const bob = await fund(rooms, 50n);
  await rooms.staking.run((em) => mustPost(em, [reserve(ann, 10n)]));
  await rooms.staking.run((em) =>
    post(em, [reserve(ann, 5n, { group: 'g' }), reserve(bob, 500n, { group: 'g' }), reserve(bob, 1n), reserve(bob, 900n)]),
  );
  await rooms.staking.run((em) => post(em, [posting('deposit.receive', ann.wallet, ann.available, 1n)]));
  const holdId = newUuid();
  const place = (id: string) =>
    rooms.compliance.run((em) =>
      placeHold(em, {
        holdId: id,
        owner: ann.owner,
        scopes: ['stake', 'withdraw'],
        reason: 'court order',
        legalBasis: 'CO-1',
        placedBy: 'officer',
      }),
    );
  await place(holdId);
  await place(newUuid());
  await rooms.compliance.run((em) => releaseHold(em, { holdId, releasedBy: 'officer', reason: 'lifted' }));
  await rooms.staking.run((em) => post(em, [reserve(ann, 1n), reserve(bob, 2n)]));
  await rooms.staking.run((em) =>
    mustPost(em, [
      posting(
        'share.mint',
        account('pool.share_issue', 'eth-payout-1', 'ETH-PAYOUT-1'),
        account('client.shares', bob.owner, 'ETH-PAYOUT-1'),
        7n,
      ),
    ]),
  );
  await correct(rooms);
  await closeBooks(rooms);
}

/** A deposit of the wrong client and a fee taken in error are reversed; what was taken on stripes is swept; some reversals are refused. */
async function correct(rooms: Rooms): Promise<void> {
  const [validator, payable] = [account('stake.validator', `0x${'b'.repeat(96)}`), account('trust.fee_payable', 'ethereum')];
  const [receivable, income] = [account('house.fee_receivable', 'ethereum'), account('house.fee_income', 'ethereum')];
  const fee = (units: bigint) => [
    posting('reward.commission', validator, payable, units, { group: 'fee' }),
    posting('house.fee_accrue', receivable, income, units, { group: 'fee' }),
  ];
  const fees = [fee(5n), fee(7n), fee(9n)];
  for (const postings of fees) await rooms.staking.run((em) => mustPost(em, postings));
  const wallet = account('trust.wallet', newUuid());
  const deposit = posting('deposit.receive', wallet, account('client.suspense', newUuid()), 30n);
  await rooms.custody.run((em) => mustPost(em, [deposit]));
  const undo = (original: string): Parameters<typeof reverse>[1] => ({
    key: newUuid(),
    original,
    effectiveAt: NOON,
    reference: newUuid(),
    reason: 'booked by mistake',
  });
  const statuses: string[] = [];
  for (const original of [deposit.key, deposit.key, newUuid()])
    statuses.push((await rooms.custody.run((em) => reverse(em, undo(original)))).status);
  statuses.push((await rooms.staking.run((em) => reverse(em, undo(fees[1]?.[1]?.key ?? '')))).status);
  expect(statuses).toEqual(['reversed', 'refused', 'refused', 'reversed']);
  await rooms.custody.run((em) => mustPost(em, [posting('deposit.unattributed', wallet, account('trust.unattributed', 'ethereum'), 10n)]));
  await rooms.custody.run((em) => mustPost(em, [posting('fee.sweep', payable, wallet, 4n)]));
  await rooms.staking.run((em) => mustPost(em, fee(2n)));
}

/** Two periods, one with something late in it, and a tail that no roll-up has reached. */
async function closeBooks(rooms: Rooms): Promise<void> {
  // a transaction of any database of the server can hold the fence up
  const roll = (): Promise<unknown> =>
    eventually(
      async () => {
        await rooms.custody.run((em) => rollUp(em));
        return (await rooms.custody.run(ledgerHealth)).notRolledUp === 0;
      },
      { timeoutMs: 60_000 },
    );
  await roll();
  for (const entity of ['client_trust', 'house'] as const)
    expect(await rooms.custody.run((em) => closePeriod(em, { entity, through: '2026-01-01', closedBy: 'finance' }))).toMatchObject({
      status: 'closed',
    });
  await fund(rooms, 11n); // effective in the closed period
  await roll();
  expect(
    await rooms.custody.run((em) => closePeriod(em, { entity: 'client_trust', through: '2026-01-02', closedBy: 'finance' })),
  ).toMatchObject({ status: 'closed' });
  await fund(rooms, 13n);
}

const readerOf = (em: EntityManager): Reader => ({ rows: async (sql, values) => em.query(sql, values ? [...values] : undefined) });

/** One step away from what is there, by type. A type that is not here fails the test: decide how to alter it. */
const altered: Readonly<Record<string, (column: string) => string>> = {
  smallint: (c) => `coalesce(${c}, 0) + 1000`,
  integer: (c) => `coalesce(${c}, 0) + 1000`,
  bigint: (c) => `coalesce(${c}, 0) + 1000`,
  numeric: (c) => `coalesce(${c}, 0) + 1`,
  text: (c) => `coalesce(${c}, '') || 'x'`,
  name: (c) => `(${c} || 'x')::name`,
  date: (c) => `${c} + 1`,
  boolean: (c) => `NOT ${c}`,
  uuid: () => 'gen_random_uuid()',
  bytea: (c) => `CASE WHEN length(${c}) = 0 THEN '\\x00'::bytea ELSE set_byte(${c}, 0, (get_byte(${c}, 0) + 1) % 256) END`,
  xid8: (c) => `(${c}::text::numeric + 1)::text::xid8`,
  'timestamp with time zone': (c) => `${c} + interval '1 microsecond'`,
};

/** Alters one row as a superuser without triggers and constraints could, verifies, and takes it back. */
async function reportAfter(table: string, change: string, row: string): Promise<Report> {
  const runner = database.admin.createQueryRunner();
  await runner.startTransaction();
  try {
    await runner.query('SET LOCAL session_replication_role = replica');
    const checks: { conname: string }[] = await runner.query(
      `SELECT conname FROM pg_constraint WHERE conrelid = 'ledger.${table}'::regclass AND contype IN ('c', 'u', 'p')`,
    );
    for (const { conname } of checks) await runner.query(`ALTER TABLE ledger.${table} DROP CONSTRAINT ${conname} CASCADE`);
    await runner.query('DROP INDEX ledger.statement_debit, ledger.statement_credit');
    const changed: unknown = await runner.query(`${change} WHERE ctid = '${row}' RETURNING 1`);
    expect(changed).toEqual([[expect.anything()], 1]);
    return await verify(readerOf(runner.manager));
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}

async function rowsOf(table: string): Promise<string[]> {
  const rows: { ctid: string }[] = await database.admin.query(`SELECT ctid::text FROM ledger.${table} ORDER BY 1`);
  const few = new Set([0, 1, Math.floor(rows.length / 2), rows.length - 1].map((index) => rows[index]?.ctid));
  return [...few].filter((ctid) => ctid !== undefined);
}

it('finds nothing in books that nobody touched', async () => {
  const lines: string[] = [];
  const report = await database.admin.transaction((em) => verify(readerOf(em), (line) => lines.push(line)));
  expect(report.findings).toEqual([]);
  expect(report).toMatchObject({ ok: true, transfers: 35, accounts: 47 });
  expect(lines.length).toBeGreaterThan(10);
});

it('finds any altered column of any table', async () => {
  const columns: { table_name: string; column_name: string; data_type: string; is_nullable: string }[] = await database.admin.query(
    `SELECT c.table_name, c.column_name, c.data_type, c.is_nullable FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
      WHERE table_schema = 'ledger' AND t.table_type = 'BASE TABLE' ORDER BY 1, c.ordinal_position`,
  );
  expect(new Set(columns.map((c) => c.table_name)).size).toBe(15);
  const unseen: string[] = [];
  for (const { table_name: table, column_name: column, data_type: type, is_nullable: nullable } of columns) {
    const rows = await rowsOf(table);
    if (rows.length === 0) unseen.push(`${table} has no rows to alter`);
    for (const row of rows) {
      const change = altered[type];
      if (!change) throw new Error(`no alteration for ${table}.${column} of type ${type}`);
      const report = await reportAfter(table, `UPDATE ledger.${table} SET ${column} = ${change(column)}`, row);
      if (report.ok) unseen.push(`${table}.${column} of row ${row}`);
      if (nullable === 'NO') continue;
      const [{ empty }] = await database.admin.query<[{ empty: boolean }]>(
        `SELECT ${column} IS NULL AS empty FROM ledger.${table} WHERE ctid = '${row}'`,
      );
      if (!empty && (await reportAfter(table, `UPDATE ledger.${table} SET ${column} = NULL`, row)).ok)
        unseen.push(`${table}.${column} emptied in row ${row}`);
    }
  }
  expect(unseen).toEqual([]);
}, 240_000);

it('finds a value exchanged for another that is as valid', async () => {
  const swaps: Readonly<Record<string, string>> = {
    balance: 'SET holds = 3 - holds % 2, kind = 3 - least(kind, 2)',
    hold: "SET action = CASE action WHEN 'placed' THEN 'released' ELSE 'placed' END",
    decision: 'SET debit_account = credit_account, credit_account = debit_account',
    account: 'SET kind = kind + 1',
    batch: "SET role = CASE role WHEN 'bailee_custody' THEN 'bailee_staking' ELSE 'bailee_custody' END::name",
    transfer_kind: "SET role = CASE role WHEN 'bailee_custody' THEN 'bailee_staking' ELSE 'bailee_custody' END::name",
    account_kind: "SET side = CASE side WHEN 'liability' THEN 'holding' ELSE 'liability' END",
  };
  for (const [table, swap] of Object.entries(swaps)) {
    for (const row of await rowsOf(table)) {
      expect({ table, row, ok: (await reportAfter(table, `UPDATE ledger.${table} ${swap}`, row)).ok }).toEqual({ table, row, ok: false });
    }
  }
});

it('finds a row that is gone', async () => {
  for (const table of [
    'decision',
    'batch',
    'balance',
    'account',
    'account_kind',
    'transfer_kind',
    'entity',
    'asset',
    'chart_log',
    'reversal',
    'day_delta',
    'rollup',
    'period',
    'period_balance',
  ]) {
    const [row] = await rowsOf(table);
    expect({ table, ok: (await reportAfter(table, `DELETE FROM ledger.${table}`, row ?? '')).ok }).toEqual({ table, ok: false });
  }
});

it('finds money from nowhere, even where both balance rows agree', async () => {
  const [row] = await rowsOf('balance');
  const report = await reportAfter('balance', 'UPDATE ledger.balance SET balance = balance + 1, version = version + 1', row ?? '');
  expect(report.findings.map((f) => f.code)).toEqual(expect.arrayContaining(['balance.replay', 'balance.sum']));
});
