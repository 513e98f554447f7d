/** fanOut() under repeats, holds, kills and company; and no forged line of it escapes the verifier. */
import { amount, newUuid } from '#kernel';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';
import { balanceOf, fanOut, fanOutOf, placeHold, post, rollUp, type FanOut, type FanOutLine } from './index.js';
import { account, NOON, openRooms, poolWithRewards, posting, type Rooms } from './postings.spec-support.js';
import { verify } from './verify/verify.js';

let database: TestDatabase;
let rooms: Rooms;
beforeAll(async () => {
  database = await createTestDatabase();
  rooms = await openRooms(database);
});
afterAll(() => database.close());

const check = () =>
  database.admin.transaction((em) => verify({ rows: async (sql, values) => em.query(sql, values ? [...values] : undefined) }));
const poolWith = (units: bigint): Promise<string> => poolWithRewards(rooms, units);

const settling = (pool: string, reference = newUuid()): FanOut => ({
  kind: 'reward.settle',
  asset: 'ETH',
  from: pool,
  effectiveAt: NOON,
  reference,
});
const ofEach = (owners: readonly string[], units: bigint): FanOutLine[] => owners.map((owner) => ({ owner, amount: amount(units) }));
const clients = (count: number): string[] => Array.from({ length: count }, () => newUuid());
const decisionsOf = async (reference: string): Promise<number> =>
  (await database.admin.query<object[]>('SELECT FROM ledger.decision WHERE reference = $1', [reference])).length;

it('asks again and is answered again, by keys of its own', async () => {
  const [pool, owners] = [await poolWith(1_000n), clients(40)];
  const spec = settling(pool);
  const first = await rooms.staking.run((em) => fanOut(em, spec, ofEach(owners, 5n)));
  expect(first).toMatchObject({ posted: 40, total: 200n, refused: [] });
  expect(await rooms.staking.run((em) => fanOut(em, spec, ofEach(owners, 5n)))).toEqual(first);
  expect(await rooms.staking.run((em) => fanOut(em, spec, ofEach(owners.slice(0, 2), 6n)))).toMatchObject({
    posted: 0,
    refused: [{ line: 0, reason: 'conflict' }, { line: 1, reason: 'conflict' }], // prettier-ignore
  });
  // half known, half new
  const more = [...owners.slice(0, 3), ...clients(3)];
  expect(await rooms.staking.run((em) => fanOut(em, spec, ofEach(more, 5n)))).toMatchObject({ posted: 6, total: 30n });
  expect(await decisionsOf(spec.reference)).toBe(43);
});

it('opens very many accounts at once, each with the holds of its owner', async () => {
  const [pool, owners] = [await poolWith(10_000n), clients(1_200)];
  const [held, other] = [owners[7] ?? '', owners[8] ?? ''];
  for (const owner of [held, other])
    await rooms.compliance.run((em) =>
      placeHold(em, { holdId: newUuid(), owner, scopes: ['payout'], reason: 'order', legalBasis: 'CO-1', placedBy: 'officer' }),
    );
  expect(await rooms.staking.run((em) => fanOut(em, settling(pool), ofEach(owners, 2n)))).toMatchObject({ posted: 1_200, total: 2_400n });
  const paying: FanOut = { kind: 'payout.pay', asset: 'ETH', effectiveAt: NOON, reference: newUuid() };
  expect(await rooms.rewards.run((em) => fanOut(em, paying, ofEach(owners, 2n)))).toEqual(
    expect.objectContaining({ posted: 1_198, total: 2_396n, refused: [{ line: 7, reason: 'held' }, { line: 8, reason: 'held' }] }), // prettier-ignore
  );
  expect(await rooms.rewards.read((em) => balanceOf(em, account('client.rewards', held)))).toBe(2n);
  expect(await rooms.rewards.read((em) => balanceOf(em, account('client.available', owners[9] ?? '')))).toBe(2n);
});

it('waits for a hold that is being placed while it opens accounts', async () => {
  const [pool, owners] = [await poolWith(10_000n), clients(600)];
  const owner = owners[0] ?? '';
  let opening: Promise<unknown> | undefined;
  await rooms.compliance.run(async (em) => {
    await placeHold(em, { holdId: newUuid(), owner, scopes: ['payout'], reason: 'order', legalBasis: 'CO-1', placedBy: 'officer' });
    opening = rooms.staking.run((staking) => fanOut(staking, settling(pool), ofEach(owners, 1n)));
    await eventually(async () => {
      const waiting: object[] = await database.admin.query(
        `SELECT FROM pg_locks WHERE NOT granted AND locktype = 'relation' AND relation = 'ledger.hold'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      return waiting.length === 1;
    });
  });
  await opening;
  expect((await check()).findings).toEqual([]);
});

it('leaves nothing of a transaction that is killed behind it', async () => {
  const [pool, owners] = [await poolWith(100n), clients(10)];
  const spec = settling(pool);
  const killed = rooms.staking.run(async (em) => {
    await fanOut(em, spec, ofEach(owners, 3n));
    await em.query('SELECT pg_terminate_backend(pg_backend_pid())');
  });
  await expect(killed).rejects.toThrow();
  expect(await decisionsOf(spec.reference)).toBe(0);
  expect(await rooms.staking.read((em) => balanceOf(em, account('pool.rewards_payable', pool)))).toBe(100n);
  expect(await rooms.staking.run((em) => fanOut(em, spec, ofEach(owners, 3n)))).toMatchObject({ posted: 10, total: 30n });
});

it('posts the same lines once, whoever asks at the same time, and beside single postings', async () => {
  const [pool, owners] = [await poolWith(1_000_000n), clients(300)];
  const spec = settling(pool);
  await rooms.staking.run((em) => fanOut(em, settling(pool), ofEach(owners, 1n)));
  const single = (owner: string) => posting('reward.settle', account('pool.rewards_payable', pool), account('client.rewards', owner), 1n);
  const [one, two, ...others] = await Promise.all([
    rooms.staking.run((em) => fanOut(em, spec, ofEach(owners, 2n))),
    rooms.staking.run((em) => fanOut(em, spec, ofEach([...owners].reverse(), 2n))),
    ...owners.slice(0, 20).map((owner) => rooms.staking.run((em) => post(em, [single(owner)]))),
  ]);
  expect([one, two].map((done) => ({ posted: done?.posted, total: done?.total }))).toEqual([
    { posted: 300, total: 600n },
    { posted: 300, total: 600n },
  ]);
  expect(others.flat().filter((o) => o.status !== 'posted')).toEqual([]);
  expect(await rooms.staking.read((em) => balanceOf(em, account('pool.rewards_payable', pool)))).toBe(1_000_000n - 300n - 600n - 20n);
});

it('posts what a statement of the caller returns, and says how far it came', async () => {
  const [pool, owners] = [await poolWith(100n), clients(4).sort()];
  const done = await rooms.staking.run((em) =>
    fanOutOf(em, settling(pool), {
      sql: 'SELECT owner, n::numeric - 1 AS amount FROM unnest($7::text[]) WITH ORDINALITY q(owner, n)',
      values: [owners],
    }),
  );
  expect(done).toEqual({ posted: 3, total: 6n, refused: [], lines: 3, seen: 4, last: owners[3] });
  const none = await rooms.staking.run((em) =>
    fanOutOf(em, settling(pool), { sql: 'SELECT NULL::text AS owner, 1::numeric AS amount WHERE false' }),
  );
  expect(none).toEqual({ posted: 0, total: 0n, refused: [], lines: 0, seen: 0, last: null });
});

it('refuses what is no fan-out', async () => {
  const pool = await poolWith(10n);
  const spec = settling(pool);
  const lines = ofEach(clients(2), 1n);
  const says = (work: Promise<unknown>) => expect(work).rejects;
  await says(rooms.staking.run((em) => fanOut(em, { ...spec, to: pool }, lines))).toMatchObject({ code: '22023' });
  await says(rooms.staking.run((em) => fanOut(em, { ...spec, kind: 'reward.commission', to: 'ethereum' }, lines))).toMatchObject({
    code: 'ledger.fan_out_stripes',
  });
  // the types would not let it pass: a caller without types could
  const mixed: readonly FanOutLine[] = [...lines, { owner: newUuid(), amount: amount(1n), ...{ key: newUuid() } }];
  await says(rooms.staking.run((em) => fanOut(em, spec, mixed))).toMatchObject({
    code: 'ledger.fan_out_keys',
  });
  await says(rooms.reception.run((em) => fanOut(em, spec, lines))).toMatchObject({ code: '42501' });
  const strangers = ofEach(['not-a-client'], 1n);
  expect(await rooms.staking.run((em) => fanOut(em, settling(pool), strangers))).toMatchObject({
    refused: [{ line: 0, reason: 'invalid' }],
  });
  expect(await rooms.custody.run((em) => fanOut(em, settling(pool), lines))).toMatchObject({
    posted: 0,
    refused: [{ reason: 'forbidden' }, { reason: 'forbidden' }],
  });
});

it('leaves books that verify, rolled up or not', async () => {
  expect((await check()).findings).toEqual([]);
  for (let turn = 0; turn < 3; turn++) await rooms.custody.run((em) => rollUp(em));
  expect((await check()).findings).toEqual([]);
});

it('hides no forged line from the verifier', async () => {
  const [pool, owners] = [await poolWith(100n), clients(5)];
  const spec = settling(pool);
  await rooms.staking.run((em) => fanOut(em, spec, ofEach(owners, 4n)));
  const forgeries = [
    'UPDATE ledger.decision SET amount = amount + 1 WHERE reference = $1 AND item = 3',
    'UPDATE ledger.decision SET credit_account = (SELECT credit_account FROM ledger.decision WHERE reference = $1 AND item = 2) WHERE reference = $1 AND item = 3',
    "UPDATE ledger.decision SET effective_at = effective_at + interval '1 day' WHERE reference = $1 AND item = 1",
    'UPDATE ledger.decision SET status = 4, asset = NULL, debit_balance = NULL, debit_version = NULL, credit_balance = NULL, credit_version = NULL WHERE reference = $1 AND item = 5',
    'DELETE FROM ledger.decision WHERE reference = $1 AND item = 5',
    'UPDATE ledger.balance SET balance = balance + 1 WHERE account_id = (SELECT credit_account FROM ledger.decision WHERE reference = $1 AND item = 4)',
  ];
  for (const forgery of forgeries) {
    const runner = database.admin.createQueryRunner();
    await runner.startTransaction();
    try {
      await runner.query('SET LOCAL session_replication_role = replica');
      await runner.query('DROP INDEX ledger.statement_debit, ledger.statement_credit');
      await runner.query(forgery, [spec.reference]);
      const report = await verify({ rows: (sql, values) => runner.query(sql, values ? [...values] : undefined) as Promise<never> });
      expect({ forgery, ok: report.ok }).toEqual({ forgery, ok: false });
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
  }
}, 120_000);
