import type { Transactor } from '#database';
import { withCorrelation } from '#runtime';
import { createTestDatabase, type TestDatabase } from '#testing';
import { record, recordMany, search, verifyAudit, type Act } from './index.js';

let db: TestDatabase;
let custody: Transactor;
let compliance: Transactor;
beforeAll(async () => {
  db = await createTestDatabase();
  custody = await db.transactor('custody');
  compliance = await db.transactor('compliance');
});
afterAll(() => db.close());

const SQL = 'SELECT audit.record_many';
const staff = { kind: 'staff', id: '22222222-2222-4222-8222-222222222222' } as const;
const act = (more: Partial<Act> = {}): Act => ({ actor: staff, action: 'deposit.release', resource: 'dep_1', ...more });

it('is there when the act commits, and not when it does not', async () => {
  await custody.run((em) => record(em, act({ reason: 'known sender', details: { amount: 5n, nested: { b: 1, a: [null, 'x'] } } })));
  await expect(
    custody.run(async (em) => {
      await record(em, act({ resource: 'dep_2' }));
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  const events = await compliance.run((em) => search(em, { action: 'deposit.release' }));
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({
    actor: staff,
    resource: 'dep_1',
    reason: 'known sender',
    room: 'custody',
    details: { amount: '5', nested: { b: 1, a: [null, 'x'] } },
  });
  expect(events[0]?.digest).toMatch(/^[0-9a-f]{64}$/);
});

it('refuses an act without an actor, in code and in the database', async () => {
  for (const id of ['', '   '])
    await expect(custody.run((em) => record(em, act({ actor: { kind: 'staff', id } })))).rejects.toThrow('audit.actor_missing');
  for (const actor of [
    ['staff', null],
    [null, 'x'],
    ['staff', ' '],
  ]) {
    await expect(
      custody.run((em) =>
        em.query(`${SQL} (ARRAY['staff', $1], ARRAY['x', $2], '{a.b,a.b}', '{r,r}', '{NULL,NULL}', ARRAY['{}', '{}']::jsonb[])`, actor),
      ),
    ).rejects.toThrow('audit.actor_missing');
  }
  await expect(custody.run((em) => em.query(`${SQL} ('{robot}', '{x}', '{a.b}', '{r}', '{NULL}', ARRAY['{}']::jsonb[])`))).rejects.toThrow(
    'actor_kind',
  );
  await expect(custody.run((em) => record(em, act({ action: 'Not An Action' })))).rejects.toThrow('event_action_check');
});

it('writes several acts in their order with one call, all or none', async () => {
  const clients = Array.from({ length: 300 }, (_, i) => ({ kind: 'client', id: `client ${i}, "a" {b} \\c` }) as const);
  const acts = clients.map((actor, i) =>
    act({
      actor,
      action: 'stake.place',
      resource: `op_${i}`,
      details: { n: BigInt(i) },
      ...(i % 2 === 0 ? { reason: `"${i}", NULL` } : {}),
    }),
  );
  let calls = 0;
  await custody.run(async (em) => {
    const query = em.query.bind(em);
    em.query = (...given: Parameters<typeof query>) => (calls++, query(...given));
    await recordMany(em, acts);
    await recordMany(em, []);
  });
  expect(calls).toBe(1);
  const events = (await compliance.run((em) => search(em, { action: 'stake.place', limit: 200 }))).toReversed();
  expect(events).toEqual(
    acts
      .slice(100)
      .map((given, i) =>
        expect.objectContaining({ ...given, reason: given.reason ?? null, details: { n: String(i + 100) }, room: 'custody' }),
      ),
  );
  expect(await compliance.run((em) => verifyAudit(em))).toEqual([]);

  const second = { ...act({ action: 'stake.undo' }), actor: { kind: 'client', id: ' ' } } as const;
  await expect(custody.run((em) => recordMany(em, [act({ action: 'stake.undo' }), second]))).rejects.toThrow('audit.actor_missing');
  await expect(custody.run((em) => recordMany(em, [act({ action: 'stake.undo' }), act({ action: 'Bad' })]))).rejects.toThrow(
    'event_action_check',
  );
  expect(await compliance.run((em) => search(em, { action: 'stake.undo' }))).toEqual([]);
});

it('says which request asked for it', async () => {
  const asked = (correlation?: string): Act => act({ action: 'stake.ask', correlation });
  await custody.run((em) => recordMany(em, [asked(), asked('a')]));
  await withCorrelation('b', () => custody.run((em) => recordMany(em, [asked(), asked('c')])));
  const events = await compliance.run((em) => search(em, { action: 'stake.ask' }));
  expect(events.map((e) => e.details).toReversed()).toEqual([{}, { correlation: 'a' }, { correlation: 'b' }, { correlation: 'c' }]);
});

it('is append-only, for rooms by privilege and for the owner by trigger, and only compliance reads', async () => {
  for (const statement of [
    `INSERT INTO audit.event SELECT * FROM audit.event`,
    'UPDATE audit.event SET reason = NULL',
    'DELETE FROM audit.event',
    'TRUNCATE audit.event',
  ]) {
    await expect(custody.run((em) => em.query(statement))).rejects.toThrow('permission denied');
    await expect(compliance.run((em) => em.query(statement))).rejects.toThrow('permission denied');
  }
  await expect(custody.run((em) => em.query('SELECT * FROM audit.event'))).rejects.toThrow('permission denied');
  for (const statement of ['UPDATE audit.event SET reason = NULL', 'DELETE FROM audit.event', 'TRUNCATE audit.event']) {
    await expect(db.admin.query(statement)).rejects.toThrow('audit.append_only');
  }
});

it('finds an altered row, whichever column it was', async () => {
  await custody.run((em) => record(em, act({ resource: 'dep_9', reason: 'first', details: { n: 1 } })));
  expect(await compliance.run((em) => verifyAudit(em))).toEqual([]);
  const [{ seq }] = await db.admin.query<[{ seq: string }]>(`SELECT seq FROM audit.event WHERE resource = 'dep_9'`);
  const alterations: [column: string, value: string][] = [
    ['at', `at + interval '1 microsecond'`],
    ['actor_kind', `'client'`],
    ['actor_id', `'33333333-3333-4333-8333-333333333333'`],
    ['action', `'deposit.refuse'`],
    ['resource', `'dep_8'`],
    ['reason', `NULL`],
    ['reason', `'second'`],
    ['details', `'{"n": 2}'`],
    ['room', `'staking'`],
    ['xid', `'1'`],
    ['digest', `'\\x00'`],
    ['seq', `seq + 1000000`],
  ];
  await db.admin.query('ALTER TABLE audit.event DISABLE TRIGGER append_only');
  for (const [column, value] of alterations) {
    const [before] = await db.admin.query<[Record<string, unknown>]>(`SELECT * FROM audit.event WHERE seq = $1`, [seq]);
    await db.admin.query(`CREATE TABLE keep AS SELECT * FROM audit.event WHERE seq = ${seq}`);
    await db.admin.query(`UPDATE audit.event SET ${column} = ${value} WHERE seq = ${seq}`);
    const found = await compliance.run((em) => verifyAudit(em));
    expect({ column, found }).toEqual({ column, found: [{ seq: column === 'seq' ? BigInt(seq) + 1_000_000n : BigInt(seq) }] });
    await db.admin.query(
      `DELETE FROM audit.event WHERE seq IN (${seq}, ${seq} + 1000000); INSERT INTO audit.event SELECT * FROM keep; DROP TABLE keep`,
    );
    expect(before['seq']).toBe(seq);
  }
  expect(await compliance.run((em) => verifyAudit(em))).toEqual([]);
});

it('answers by actor, resource, room and time, page by page, newest first', async () => {
  const other = { kind: 'system', id: 'rule.known_sender' } as const;
  await custody.run(async (em) => {
    for (let i = 0; i < 5; i++) await record(em, act({ actor: other, action: 'deposit.clear', resource: `dep_p${i}` }));
  });
  const page = (before?: bigint) => compliance.run((em) => search(em, { actor: other, room: 'custody', limit: 2 }, before));
  const seen: string[] = [];
  for (let events = await page(); events.length > 0; events = await page(events.at(-1)?.seq)) seen.push(...events.map((e) => e.resource));
  expect(seen).toEqual(['dep_p4', 'dep_p3', 'dep_p2', 'dep_p1', 'dep_p0']);
  expect(await compliance.run((em) => search(em, { resource: 'dep_p3' }))).toHaveLength(1);
  expect(await compliance.run((em) => search(em, { from: new Date('2999-01-01') }))).toEqual([]);
});
