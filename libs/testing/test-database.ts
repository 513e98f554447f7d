import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions, roomUrl, Transactor, type Entities } from '#database';
import { migrateAll } from '../../migrations/run.js';

/** Only for throw-away servers on loopback. */
const PASSWORD = 'test-only';
const passwords = { reception: PASSWORD, compliance: PASSWORD, custody: PASSWORD, signer: PASSWORD, staking: PASSWORD, rewards: PASSWORD };
const TEMPLATE_LOCK = 7_201_502;

export interface TestDatabase {
  /** URL as a room's own role. */
  url(room: string): string;
  readonly adminUrl: string;
  /** Superuser connection, for arranging and for looking behind the doors. */
  readonly admin: DataSource;
  dataSource(room: string, entities?: Entities): Promise<DataSource>;
  transactor(room: string, entities?: Entities): Promise<Transactor>;
  close(): Promise<void>;
}

/** A database of its own for a test file, cloned from a migrated template. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env['TEST_DATABASE_URL'];
  if (!server) throw new Error('TEST_DATABASE_URL is not set: run jest through `npm test`');
  const name = `t_${randomBytes(8).toString('hex')}`;
  await withServer(server, async (connection) => {
    const template = await ensureTemplate(connection, server);
    await connection.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  const adminUrl = databaseUrl(server, name);
  const admin = await new DataSource({ type: 'postgres', url: adminUrl, poolSize: 4 }).initialize();
  const opened: DataSource[] = [admin];
  const url = (room: string): string => roomUrl(adminUrl, room, PASSWORD);
  const dataSource = async (room: string, entities: Entities = []): Promise<DataSource> => {
    const made = await new DataSource({ ...dataSourceOptions(room, url(room), entities, 8), logging: false }).initialize();
    opened.push(made);
    return made;
  };
  return {
    url,
    adminUrl,
    admin,
    dataSource,
    transactor: async (room, entities) => new Transactor(await dataSource(room, entities)),
    close: async () => {
      for (const one of opened) if (one.isInitialized) await one.destroy();
      await withServer(server, (connection) => connection.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

const databaseUrl = (server: string, name: string): string => {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
};

async function withServer<T>(server: string, work: (connection: DataSource) => Promise<T>): Promise<T> {
  const connection = await new DataSource({ type: 'postgres', url: databaseUrl(server, 'postgres'), poolSize: 2 }).initialize();
  try {
    return await work(connection);
  } finally {
    await connection.destroy();
  }
}

/** The template is named for the content of everything that shapes it, so a changed migration makes a new one. */
async function ensureTemplate(connection: DataSource, server: string): Promise<string> {
  const template = `template_${fingerprint()}`;
  const runner = connection.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const known = (await runner.query('SELECT 1 FROM pg_database WHERE datname = $1', [template])) as unknown[];
    if (known.length > 0) return template;
    const half = `${template}_new`;
    await runner.query(`DROP DATABASE IF EXISTS ${half} WITH (FORCE)`);
    await runner.query(`CREATE DATABASE ${half}`);
    await migrateAll(databaseUrl(server, half), passwords);
    await runner.query(`ALTER DATABASE ${half} RENAME TO ${template}`);
    return template;
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
    await runner.release();
  }
}

function fingerprint(): string {
  const root = join(import.meta.dirname, '../..');
  const hash = createHash('sha256');
  for (const folder of ['migrations', 'libs/ledger/chart', 'libs/kernel', 'libs/delivery', 'libs/audit', 'libs/http', 'libs/database']) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).sort((a, b) =>
      a.parentPath + a.name < b.parentPath + b.name ? -1 : 1,
    )) {
      if (entry.isFile() && /\.(ts|js)$/.test(entry.name) && !entry.name.includes('spec'))
        hash.update(readFileSync(join(entry.parentPath, entry.name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
