import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { migrate } from '#database';
import { migrateQueues } from '#delivery';
import { migrations } from '../../migrations/index.js';
import { verify } from '../../libs/ledger/verify/verify.js';
import { sqlHash } from './shipped-state.js';
import { describeSchema, loadShippedData, shipped } from './state.spec-support.js';

const server = (): string => {
  const url = process.env['TEST_DATABASE_URL'];
  if (!url) throw new Error('TEST_DATABASE_URL is not set: run jest through `npm test`');
  return url;
};
const urlOf = (name: string): string => Object.assign(new URL(server()), { pathname: `/${name}` }).href;

async function newDatabase(): Promise<{ url: string; admin: DataSource; drop: () => Promise<void> }> {
  const name = `t_${randomBytes(8).toString('hex')}`;
  const postgres = await new DataSource({ type: 'postgres', url: urlOf('postgres'), poolSize: 1 }).initialize();
  await postgres.query(`CREATE DATABASE ${name}`);
  const admin = await new DataSource({ type: 'postgres', url: urlOf(name), poolSize: 2 }).initialize();
  return {
    url: urlOf(name),
    admin,
    drop: async () => {
      await admin.destroy();
      await postgres.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await postgres.destroy();
    },
  };
}

const up = (url: string, chosen: typeof migrations): Promise<{ applied: string[] }> =>
  migrate({ adminUrl: url, migrations: chosen, passwords: {}, afterwards: () => migrateQueues(url) });

describe('migrations', () => {
  const known = Object.keys(shipped().migrations);
  const old = migrations.filter(({ name }) => known.includes(name));
  let empty: Awaited<ReturnType<typeof newDatabase>>;
  let grown: Awaited<ReturnType<typeof newDatabase>>;

  beforeAll(async () => {
    [empty, grown] = [await newDatabase(), await newDatabase()];
    await up(empty.url, migrations);
  }, 120_000);
  afterAll(async () => {
    await empty.drop();
    await grown.drop();
  });

  it('that were delivered never change: what comes later is a new one', async () => {
    expect(old.map(({ name }) => name)).toEqual(known);
    for (const migration of old)
      expect({ [migration.name]: await sqlHash(migration) }).toEqual({ [migration.name]: shipped().migrations[migration.name] });
  });

  it('have names and times of their own, in order within a schema', () => {
    const names = migrations.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const times = names.map((name) => /\d{13}$/.exec(name)?.[0] ?? '');
    expect(new Set(times).size).toBe(times.length);
  });

  it('bring what was delivered, with what an exchange had written into it, to where an empty database comes', async () => {
    await up(grown.url, old);
    const loaded = await loadShippedData(grown.admin);
    expect(loaded.get('ledger.decision')).toBeGreaterThan(200);
    const { applied } = await up(grown.url, migrations);
    expect(applied).toEqual(migrations.filter((migration) => !old.includes(migration)).map(({ name }) => name));
    expect(await describeSchema(grown.admin)).toEqual(await describeSchema(empty.admin));
    for (const [table, rows] of loaded) {
      const [{ n }] = await grown.admin.query<[{ n: string }]>(`SELECT count(*) AS n FROM ${table}`);
      expect({ table, lost: Number(n) < rows }).toEqual({ table, lost: false });
    }
  }, 120_000);

  it('leave the books of that exchange as they were: every transfer replays', async () => {
    const { findings, transfers } = await grown.admin.transaction((em) =>
      verify({
        rows: <R extends object>(sql: string, values?: readonly unknown[]) => em.query<R[]>(sql, values ? [...values] : undefined),
      }),
    );
    expect(findings).toEqual([]);
    expect(transfers).toBeGreaterThan(200);
  }, 60_000);

  it('give our own operator, that runs what ran, a month until people have assessed it', async () => {
    const found = await grown.admin.query<object[]>(
      `SELECT operator_id, expires_at <= now() + interval '30 days' AS soon FROM staking.operator_assessment`,
    );
    expect(found).toEqual([{ operator_id: 'house-1', soon: true }]);
  });

  it('leave no function that works with its owner’s rights and looks for names where a room may put them', async () => {
    const open = await grown.admin.query<{ name: string }[]>(
      `SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname !~ '^pg_|^information_schema$|^bullmq$' AND (p.prosecdef OR p.proconfig IS NOT NULL)
          AND NOT EXISTS (SELECT FROM unnest(p.proconfig) c WHERE c ~ '^search_path=.*, ?pg_temp$')
          AND (p.prosecdef OR EXISTS (SELECT FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=%'))`,
    );
    expect(open).toEqual([]);
  });

  it('change nothing when they run again', async () => {
    const before = await describeSchema(grown.admin);
    expect((await up(grown.url, migrations)).applied).toEqual([]);
    expect(await describeSchema(grown.admin)).toEqual(before);
  });
});
