import { mkdtempSync, rmSync, writeFileSync, chmodSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Home } from '#runtime';
import { createTestDatabase, type TestDatabase } from '#testing';
import { bookChecks } from './books.checks.js';
import { examine, type Check, type Line } from './checklist.js';
import { databaseChecks } from './database.checks.js';
import { machineChecks } from './machine.checks.js';
import type { Surroundings } from './surroundings.js';

const silent = (): void => undefined;

describe('the doctor', () => {
  let database: TestDatabase;
  let client: pg.Client;
  let dir: string;
  let around: Surroundings;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.adminUrl });
    await client.connect();
    dir = mkdtempSync(join(tmpdir(), 'bailee-doctor-'));
    around = {
      env: {},
      home: new Home(dir),
      database: { state: 'there', url: database.adminUrl, embedded: true, client },
      redisUrl: undefined,
      chain: null,
      apiUrl: null,
    };
  });
  afterAll(async () => {
    await client.end();
    await database.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const look = async (checks: readonly Check[]): Promise<ReadonlyMap<string, Line>> =>
    new Map((await examine(checks, silent)).map((line) => [line.name, line]));

  it('finds a migrated database in order, and says that a test server keeps no promise to the disk', async () => {
    const lines = await look(databaseChecks(around));
    for (const name of ['server', 'clock', 'migrations', 'chart of accounts', 'long transactions'])
      expect({ name, verdict: lines.get(name)?.verdict }).toEqual({ name, verdict: 'ok' });
    const { rows } = await client.query<{ fsync: string }>(`SELECT current_setting('fsync') AS fsync`);
    expect(lines.get('durability')?.verdict).toBe(rows[0]?.fsync === 'on' ? 'ok' : 'fail');
    expect(lines.get('logins of the rooms')?.verdict).toBe('skip');
  });

  it('finds the books of an empty exchange in order', async () => {
    const lines = await look(bookChecks(around));
    expect([...lines.values()].map(({ name, verdict }) => [name, verdict])).toEqual([
      ['sums', 'ok'],
      ['limits', 'ok'],
      ['reconciliation', 'skip'],
      ['seals', 'ok'],
      ['deliveries', 'ok'],
    ]);
  });

  it('finds books that do not sum to zero, a message laid aside, and a migration of another version', async () => {
    await client.query('BEGIN');
    await client.query(`SET LOCAL session_replication_role = replica`);
    await client.query(`INSERT INTO ledger.account(id, kind, asset, owner, opened_at, opened_by, xid, digest)
      VALUES (nextval('ledger.account_id'), 14, 1, 'ethereum', now(), 'bailee_staking', pg_current_xact_id(), '')`);
    await client.query(`INSERT INTO ledger.balance(account_id, kind, asset, entity, party, balance, floor)
      SELECT id, kind, asset, 1, 1, 5, 0 FROM ledger.account WHERE owner = 'ethereum'`);
    await client.query(`INSERT INTO delivery.delivery(message, subscriber, aggregate, seq, producer, payload, dead_at)
      VALUES ('x@1', 'custody', 'a', 1, 'staking', '{}', now())`);
    await client.query(`INSERT INTO public.schema_migration(timestamp, name) VALUES (1, 'FromTheFuture1')`);
    await client.query(`DELETE FROM public.schema_migration WHERE name LIKE 'Delivery%'`);
    const lines = new Map([...(await look(bookChecks(around))), ...(await look(databaseChecks(around)))]);
    await client.query('ROLLBACK');
    expect(lines.get('sums')).toMatchObject({ verdict: 'fail', found: 'client_trust ETH is off by 5' });
    expect(lines.get('deliveries')).toMatchObject({ verdict: 'fail', fix: 'npm run delivery -- dead list' });
    expect(lines.get('migrations')).toMatchObject({ verdict: 'fail' });
    expect(lines.get('migrations')?.found).toContain('FromTheFuture1');
  });

  it('finds secrets that others may read', async () => {
    mkdirSync(join(dir, 'secrets'), { recursive: true });
    writeFileSync(join(dir, 'secrets', 'role-custody'), 'x', { mode: 0o600 });
    expect((await look(machineChecks(around))).get('secrets')).toMatchObject({ verdict: 'ok' });
    chmodSync(join(dir, 'secrets', 'role-custody'), 0o644);
    const line = (await look(machineChecks(around))).get('secrets');
    expect(line).toMatchObject({ verdict: 'fail' });
    expect(line?.fix).toContain('chmod 600');
  });

  it('finds a login that the server refuses', async () => {
    const line = (await look(databaseChecks(around))).get('logins of the rooms');
    expect(line).toMatchObject({ verdict: 'fail' });
    expect(line?.found).toContain('custody');
    expect(line?.found).not.toContain('postgres://');
  });

  it('says of a database that is not there, or does not answer, what to do', async () => {
    const none = await look(databaseChecks({ ...around, database: { state: 'none', why: 'no database yet' } }));
    expect(none.get('server')).toMatchObject({ verdict: 'skip' });
    const away = await look(databaseChecks({ ...around, database: { state: 'unreachable', why: 'nobody listens' } }));
    expect(away.get('server')).toMatchObject({ verdict: 'fail', fix: 'start it, or correct DATABASE_URL' });
  });
});
