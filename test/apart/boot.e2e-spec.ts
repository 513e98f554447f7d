import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { freePort } from '#runtime';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';

const root = join(import.meta.dirname, '../..');

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** `node dist/apps/<room>/main.js` in an environment of nothing but these settings. */
const running = new Set<ChildProcess>();
function start(room: string, settings: Record<string, string>, ...words: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const env = { PATH: process.env['PATH'], ...settings };
  const child = spawn(process.execPath, [join(root, `dist/apps/${room}/main.js`), ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('close', () => running.delete(child));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return { child, ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, said }))) };
}
const refused = (room: string, settings: Record<string, string>): Promise<Ended> => start(room, settings).ended;

describe('a room by itself', () => {
  let database: TestDatabase;
  let altered: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    altered = await createTestDatabase();
  });
  afterAll(async () => {
    await database.close();
    await altered.close();
  });

  afterEach(() => {
    for (const child of running) child.kill('SIGKILL');
  });

  it.each(['reception', 'compliance', 'custody', 'signer', 'staking', 'rewards'])(
    '%s says what is not set and what that is, and prints its settings',
    async (room) => {
      const [bare, help] = await Promise.all([refused(room, {}), start(room, {}, '--help').ended]);
      expect(bare.code).toBe(1);
      expect(bare.said).toContain("DATABASE_URL is not set (PostgreSQL as this room's own LOGIN role)");
      expect(bare.said).toContain(`node dist/apps/${room}/main.js --help`);
      expect(help.code).toBe(0);
      expect(help.said).toMatch(/^ {2}DATABASE_URL +required$/m);
      expect(help.said).toMatch(/^ {2}DRAIN_MS +default 3000\n +After SIGTERM/m);
    },
    60_000,
  );

  it('starts beside another one of its kind, answers, and leaves with 0', async () => {
    const ports = [await freePort(), await freePort()];
    const rooms = ports.map((port) => start('reception', { DATABASE_URL: database.url('reception'), PORT: String(port), DRAIN_MS: '0' }));
    for (const port of ports)
      await eventually(async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok, { timeoutMs: 40_000, everyMs: 100 });
    const taken = await refused('reception', { DATABASE_URL: database.url('reception'), PORT: String(ports[0]) });
    expect(taken).toMatchObject({ code: 1, said: expect.stringContaining('choose another PORT') });
    for (const { child } of rooms) child.kill('SIGTERM');
    for (const { ended } of rooms) expect((await ended).code).toBe(0);
  }, 120_000);

  it('says that it is leaving before it stops answering', async () => {
    const port = await freePort();
    const { child, ended } = start('reception', { DATABASE_URL: database.url('reception'), PORT: String(port), DRAIN_MS: '2000' });
    const ready = (): Promise<Response> => fetch(`http://127.0.0.1:${port}/health/ready`);
    await eventually(async () => (await ready()).ok, { timeoutMs: 40_000, everyMs: 100 });
    child.kill('SIGTERM');
    const last = await eventually(async () => {
      const answer = await ready();
      return answer.status === 503 && answer;
    });
    expect(last.headers.get('connection')).toBe('close');
    expect(await last.json()).toMatchObject({ parts: { process: 'draining' } });
    expect((await fetch(`http://127.0.0.1:${port}/nothing`)).status).toBe(404); // whoever still comes is served
    expect((await ended).code).toBe(0);
  }, 120_000);

  it('does not start on a database that is not made for it, and says what to do', async () => {
    const server = new URL(database.url('reception'));
    server.pathname = '/none_of_ours';
    const foreign = new URL(database.url('staking'));
    const newer = altered.admin.query(`INSERT INTO schema_migration (timestamp, name) VALUES (9, 'Later9')`);
    const [none, role, unreachable, password] = await Promise.all([
      refused('reception', { DATABASE_URL: server.href }),
      refused('reception', { DATABASE_URL: foreign.href }),
      refused('reception', { DATABASE_URL: 'postgres://bailee_reception:x@127.0.0.1:1/x' }),
      refused('reception', { DATABASE_URL: database.url('reception').replace('bailee_reception', 'bailee_nobody') }),
    ]);
    expect(none.said).toContain('has no such database');
    expect(role.said).toContain('reception runs as bailee_reception and as nobody else');
    expect(unreachable.said).toContain('nobody listens there');
    expect(password.said).toContain('check user and password');
    await newer;
    expect((await refused('reception', { DATABASE_URL: altered.url('reception') })).said).toContain('migrated by a newer build (Later9)');
    await altered.admin.query(`DELETE FROM schema_migration WHERE name = 'Later9'`);
    await altered.admin.query(`DELETE FROM schema_migration WHERE id = (SELECT max(id) FROM schema_migration)`);
    const older = await refused('reception', { DATABASE_URL: altered.url('reception') });
    expect(older.said).toMatch(/is not up to date \(1 of \d+ migrations are missing\): run `node dist\/apps\/exchange\/migrate-main.js`/);
    await altered.admin.query('DROP TABLE schema_migration');
    expect((await refused('reception', { DATABASE_URL: altered.url('reception') })).said).toContain('nothing is migrated');
  }, 120_000);

  it('does not start with another chart of accounts, on another network, or with queues that lose jobs', async () => {
    const other = await createTestDatabase();
    const node = await foreignNode();
    const url = `http://127.0.0.1:${(node.address() as AddressInfo).port}`;
    const chain = { ETHEREUM_RPC_URL: url, ETHEREUM_BEACON_URL: url, BAILEE_NETWORK: 'hoodi' };
    try {
      await other.admin.query(`ALTER TABLE ledger.transfer_kind DISABLE TRIGGER ALL`);
      await other.admin.query(
        `UPDATE ledger.transfer_kind SET name = name || '!' WHERE code = (SELECT min(code) FROM ledger.transfer_kind)`,
      );
      const [chart, network, malformed] = await Promise.all([
        refused('staking', { DATABASE_URL: other.url('staking'), ...chain }),
        refused('staking', { DATABASE_URL: database.url('staking'), ...chain }),
        refused('reception', { DATABASE_URL: database.url('reception'), REDIS_URL: 'http://x' }),
      ]);
      expect(chart.said).toContain('the chart of accounts');
      expect(network.said).toMatch(/chain.wrong_network/);
      expect(network.said).toContain('Correct ETHEREUM_RPC_URL');
      expect(malformed.said).toContain('REDIS_URL must be a redis:// URL');
    } finally {
      node.close();
      await other.close();
    }
  }, 120_000);
});

/** A node whose two faces do not even agree with one another on the network. */
async function foreignNode(): Promise<Server> {
  const spec = { GENESIS_FORK_VERSION: '0x00000000', DEPOSIT_CHAIN_ID: '5', DEPOSIT_CONTRACT_ADDRESS: `0x${'11'.repeat(20)}` };
  const answers: Record<string, unknown> = {
    '/eth/v1/config/spec': { data: spec },
    '/eth/v1/config/deposit_contract': { data: { chain_id: '5', address: spec.DEPOSIT_CONTRACT_ADDRESS } },
    '/eth/v1/beacon/genesis': {
      data: { genesis_time: '1', genesis_validators_root: `0x${'22'.repeat(32)}`, genesis_fork_version: spec.GENESIS_FORK_VERSION },
    },
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { id = 1 } = (body ? JSON.parse(body) : {}) as { id?: number };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answers[request.url ?? ''] ?? { jsonrpc: '2.0', id, result: '0x1' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
