import pg from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { Home, startHomePostgres, type Environment } from '#runtime';

/** What the checks look at. */
export interface Surroundings {
  readonly env: Environment;
  readonly home: Home;
  readonly database: DatabaseThere | DatabaseMissing;
  readonly redisUrl: string | undefined;
  /** Null: none that answers while the exchange is stopped. */
  readonly chain: Endpoints | null;
  /** Null: no exchange runs on this home. */
  readonly apiUrl: string | null;
}
export interface DatabaseThere {
  readonly state: 'there';
  /** As its owner. */
  readonly url: string;
  readonly embedded: boolean;
  readonly client: pg.Client;
}
export interface DatabaseMissing {
  readonly state: 'none' | 'unreachable';
  readonly why: string;
}
export interface Endpoints {
  readonly network: 'localnet' | 'hoodi' | 'mainnet';
  readonly executionUrl: string;
  readonly beaconUrl: string;
  readonly secondExecutionUrl?: string;
  readonly secondBeaconUrl?: string;
}

/** What a running exchange writes into its home. */
interface Running {
  readonly apiUrl?: string;
  readonly databaseUrl?: string;
  readonly executionUrl?: string;
  readonly beaconUrl?: string;
  readonly controlUrl?: string;
}
type Close = () => Promise<unknown> | void;

/** Opens what the settings and the home say there is. A stopped home's own cluster is started for as long as the doctor looks. */
export async function openSurroundings(env: Environment): Promise<{ around: Surroundings; release: () => Promise<void> }> {
  const home = new Home();
  const running = (home.readState() ?? {}) as Running;
  const closing: Close[] = [];
  const release = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    const database = await openDatabase(env, home, running, closing);
    const redisUrl = env['REDIS_URL'] || undefined;
    return { around: { env, home, database, redisUrl, chain: chainOf(env, running), apiUrl: running.apiUrl ?? null }, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function openDatabase(env: Environment, home: Home, running: Running, closing: Close[]): Promise<Surroundings['database']> {
  const given = env['DATABASE_URL'] || running.databaseUrl;
  if (!given && !home.hasDatabase())
    return { state: 'none', why: `no database in ${home.dir} yet: npm start makes one, or set DATABASE_URL` };
  const url = given || (await startStopped(home, closing));
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, application_name: 'bailee-doctor' });
  client.on('error', () => undefined);
  closing.push(() => client.end().catch(() => undefined));
  try {
    await client.connect();
  } catch (error) {
    return { state: 'unreachable', why: (error as Error).message };
  }
  return { state: 'there', url, embedded: !env['DATABASE_URL'], client };
}

async function startStopped(home: Home, closing: Close[]): Promise<string> {
  closing.push(home.lock());
  const server = await startHomePostgres(home);
  closing.push(() => server.stop());
  return server.url;
}

function chainOf(env: Environment, running: Running): Endpoints | null {
  const { BAILEE_NETWORK: network, ETHEREUM_RPC_URL, ETHEREUM_BEACON_URL, ETHEREUM_RPC_URL_2, ETHEREUM_BEACON_URL_2 } = env;
  if ((network === 'hoodi' || network === 'mainnet') && ETHEREUM_RPC_URL && ETHEREUM_BEACON_URL)
    return {
      network,
      executionUrl: ETHEREUM_RPC_URL,
      beaconUrl: ETHEREUM_BEACON_URL,
      ...(ETHEREUM_RPC_URL_2 && ETHEREUM_BEACON_URL_2
        ? { secondExecutionUrl: ETHEREUM_RPC_URL_2, secondBeaconUrl: ETHEREUM_BEACON_URL_2 }
        : {}),
    };
  const { executionUrl, beaconUrl, controlUrl } = running;
  return executionUrl && beaconUrl && controlUrl ? { network: 'localnet', executionUrl, beaconUrl } : null;
}

/** Looks with what rooms look with. */
export async function asEntityManager<T>(url: string, look: (em: EntityManager) => Promise<T>): Promise<T> {
  const source = await new DataSource({ type: 'postgres', url, poolSize: 1, applicationName: 'bailee-doctor' }).initialize();
  try {
    return await look(source.manager);
  } finally {
    await source.destroy();
  }
}

/** First row of a query. */
export async function row<R extends object>(client: pg.Client, sql: string, values: unknown[] = []): Promise<R> {
  const { rows } = await client.query<R>(sql, values);
  const [first] = rows;
  if (first === undefined) throw new Error('the database gave no answer');
  return first;
}
