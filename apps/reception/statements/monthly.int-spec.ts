import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { Transactor } from '#database';
import { amount, newUuid } from '#kernel';
import { type BusinessLine, closePeriod, mustPost, rollUp } from '#ledger';
import { createLogger, loadConfig, type Logger } from '#runtime';
import { createTestDatabase, eventually, FakeClock, type TestDatabase } from '#testing';
import { ReceptionConfig } from '../config.js';
import { FilesService } from './files.service.js';
import { MakingService } from './making.service.js';
import { MonthlyService, monthlyId } from './monthly.service.js';
import { formatNames } from './render.js';
import { depositHashes, findStatement, type StatementHead } from './statements.store.js';

interface Alarm {
  alarm?: boolean;
  month?: string;
  clientId?: string;
  code?: string;
}

describe('the statements of a month', () => {
  let database: TestDatabase;
  let reception: Transactor;
  let custody: Transactor;
  let monthly: MonthlyService;
  let log: Logger;
  const clock = new FakeClock(new Date('2025-06-01T00:00:00Z'));
  const alarms: Alarm[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    [reception, custody] = [await database.transactor('reception'), await database.transactor('custody')];
    const sink = new Writable({
      write: (line: Buffer, _encoding, done) => {
        alarms.push(JSON.parse(line.toString()) as Alarm);
        done();
      },
    });
    const config = loadConfig(ReceptionConfig, 'reception', { DATABASE_URL: database.url('reception'), BAILEE_MODE: 'demo' });
    log = createLogger('reception', 'error', sink);
    monthly = new MonthlyService(reception, new MakingService(reception, config, clock), clock, log);
  });
  afterAll(() => database.close());
  beforeEach(() => alarms.splice(0));

  const signUp = async (count: number): Promise<string[]> => {
    const rows = await database.admin.query<{ id: string }[]>(
      `INSERT INTO reception.client (id, created_at) SELECT gen_random_uuid(), '2025-01-01' FROM generate_series(1, $1) RETURNING id`,
      [count],
    );
    return rows.map((row) => row.id);
  };
  const deposit = (clients: readonly string[], at: string): Promise<unknown> =>
    custody.run((em) =>
      mustPost(
        em,
        clients.map((owner) => ({
          key: newUuid(),
          kind: 'deposit.receive',
          debit: { kind: 'trust.wallet', owner: '11111111-1111-4111-8111-111111111111', asset: 'ETH' },
          credit: { kind: 'client.suspense', owner, asset: 'ETH' },
          amount: amount(10n ** 18n),
          effectiveAt: new Date(at),
          reference: newUuid(),
        })),
      ),
    );
  const close = (through: string): Promise<unknown> =>
    eventually(
      async () => {
        await custody.run((em) => rollUp(em));
        const outcome = await custody.run((em) => closePeriod(em, { entity: 'client_trust', through, closedBy: 'stf_finance' }));
        return outcome.status === 'closed' ? true : null;
      },
      { timeoutMs: 30_000 },
    );
  const runs = (month: string) =>
    database.admin.query<{ state: string }[]>('SELECT state FROM reception.statement_run WHERE month = $1', [month]);
  const made = async (month: string): Promise<Set<string>> =>
    new Set(
      (await database.admin.query<{ client_id: string }[]>('SELECT client_id FROM reception.statement WHERE month = $1', [month])).map(
        (row) => row.client_id,
      ),
    );
  const audited = async (action: string): Promise<number> => {
    const [row] = await database.admin.query<{ n: string }[]>('SELECT count(*) AS n FROM audit.event WHERE action = $1', [action]);
    return Number(row?.n);
  };

  it('are made for everybody but whom they cannot be made for; that one is set aside, told, tried again, and the month is not done before', async () => {
    const clients = await signUp(300);
    const [broken = ''] = [...clients].sort().slice(100);
    await deposit(clients, '2025-01-10T00:00:00Z');
    await close('2025-01-31');
    // a part without a head, where the statement would be
    await database.admin.query('INSERT INTO reception.statement_part (statement_id, seq, content) VALUES ($1, 0, $2)', [
      monthlyId(broken, '2025-01'),
      Buffer.from('x'),
    ]);
    expect(await monthly.makeMonthly('2025-01')).toMatchObject({ state: 'waiting', clients: 300, statements: 299 });
    expect((await made('2025-01')).size).toBe(299);
    expect((await made('2025-01')).has(broken)).toBe(false);
    expect(alarms).toMatchObject([{ alarm: true, month: '2025-01', clientId: broken, code: 'statement.part_taken' }]);
    expect(await audited('statement.set_aside')).toBe(1);

    // not at once, and in vain as long as nothing is mended
    expect(await monthly.makeMonthly('2025-01')).toMatchObject({ state: 'waiting' });
    clock.advance(61_000);
    expect(await monthly.makeMonthly('2025-01')).toMatchObject({ state: 'waiting' });
    expect(alarms).toHaveLength(2);

    for (const sql of [
      'ALTER TABLE reception.statement_part DISABLE TRIGGER append_only',
      `DELETE FROM reception.statement_part WHERE content = '\\x78'`,
      'ALTER TABLE reception.statement_part ENABLE TRIGGER append_only',
    ])
      await database.admin.query(sql);
    clock.advance(86_400_000);
    await monthly.makeDue();
    expect(await runs('2025-01')).toEqual([{ state: 'done' }]);
    expect((await made('2025-01')).has(broken)).toBe(true);
    const history = await database.admin.query<{ state: string }[]>(
      'SELECT state FROM reception.statement_failure_history WHERE client_id = $1 ORDER BY version',
      [broken],
    );
    expect(history.map((row) => row.state)).toEqual(['failed', 'failed', 'made']);
  });

  it('that are not what the trial balance says are told, and hold up later months', async () => {
    await close('2025-03-31');
    await database.admin.query(
      `INSERT INTO reception.statement_run (month, state, totals, started_at, updated_at) VALUES ('2025-02', 'running', '{"client.suspense ETH": "1"}', now(), now())`,
    );
    await monthly.makeDue();
    expect(await runs('2025-02')).toEqual([{ state: 'differs' }]);
    expect(alarms).toMatchObject([{ alarm: true, month: '2025-02' }]);
    expect(await audited('statement.differs')).toBe(1);
    await monthly.makeDue();
    expect(await runs('2025-03')).toEqual([]);
  });

  let taken = 0;
  /** Another one each time. */
  const one = async (): Promise<StatementHead> => {
    const [row] = await database.admin.query<{ id: string; client: string }[]>(
      "SELECT id, client_id AS client FROM reception.statement WHERE month = '2025-01' AND parts = 1 ORDER BY id OFFSET $1 LIMIT 1",
      [taken++],
    );
    const head = await reception.read((em) => findStatement(em, row?.client ?? '', row?.id ?? ''));
    if (!head) throw new Error('no statement is there');
    return head;
  };
  const files = (): FilesService => new FilesService(reception, clock, log);
  const altered = gzipSync('{"type":"deposit"}\n');

  it('take no further part once they are kept, and are not kept without those they say they have', async () => {
    const head = await one();
    await files().open(head, 'json');
    for (const sql of [
      'INSERT INTO reception.statement_part VALUES ($1, 1, $2)',
      `INSERT INTO reception.statement_file_part VALUES ($1, 'json', 1, $2)`,
      `INSERT INTO reception.statement SELECT (jsonb_populate_record(s, '{"id": "6a0f7a9e-93c9-4b7e-8a3c-7f3f0f6f2c11", "kind": "on_demand"}')).*
         FROM reception.statement s WHERE s.id = $1 AND $2::bytea IS NOT NULL`,
    ])
      await expect(reception.run((em) => em.query(sql, [head.id, altered]))).rejects.toMatchObject({ driverError: { code: '23001' } });
  });

  it.each([
    ['a line', 'UPDATE reception.statement_part SET content = $2 WHERE statement_id = $1'],
    [
      'a balance',
      `UPDATE reception.statement SET accounts = jsonb_set(accounts, '{0,closing}', '"9"') WHERE id = $1 AND $2::bytea IS NOT NULL`,
    ],
    ['a lot', `UPDATE reception.statement SET lots = '{"free": [], "pools": {}}' WHERE id = $1 AND $2::bytea IS NOT NULL`],
  ])('are shown to nobody, in no format, when %s of what is kept was altered', async (_what, sql) => {
    const head = await one();
    for (const table of ['statement', 'statement_part'])
      await database.admin.query(`ALTER TABLE reception.${table} DISABLE TRIGGER append_only`);
    await database.admin.query(sql, [head.id, altered]);
    for (const table of ['statement', 'statement_part'])
      await database.admin.query(`ALTER TABLE reception.${table} ENABLE TRIGGER append_only`);
    for (const format of formatNames)
      await expect(files().open(head, format)).rejects.toMatchObject({ refusal: { code: 'statement.altered' } });
    expect(alarms).toHaveLength(formatNames.length);
  });

  it('find the deposits among all that clients were told by an index of their own', async () => {
    const [who = ''] = await signUp(1);
    await database.admin.query(
      `INSERT INTO reception.event (client_id, seq, id, type, resource, data, at)
       SELECT $1, n, gen_random_uuid(), CASE WHEN n % 100 = 0 THEN 'deposit.credited' ELSE 'reward.paid' END, 'dep_' || n, '{"tx_hash": "0x1"}', now() FROM generate_series(1, 20000) n`,
      [who],
    );
    await database.admin.query('ANALYZE reception.event');
    let plan = '';
    await reception.run(async (em) => {
      const query = em.query.bind(em);
      em.query = async <T>(sql: string, parameters?: unknown[]): Promise<T> => {
        plan = JSON.stringify(await query(`EXPLAIN ${sql}`, parameters));
        return query(sql, parameters);
      };
      const line = { kind: 'deposit.receive', owner: who, reference: newUuid() } as BusinessLine;
      expect((await depositHashes(em, [line])).size).toBe(0);
    });
    expect(plan).toContain('event_deposits');
  });
});
