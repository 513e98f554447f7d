/** POST /v1/staking/stakes, from the socket to the committed order and back, 64 callers. */
import { newUuid } from '#kernel';
import { connect, numbers } from '../clients.js';
import type { Bench, BenchRow, Prepared } from '../row.js';
import { BARE_SETUP } from '../stake/bare-server.js';
import { accepted, Connection, postsSideBySide, type Post } from '../stake/http-load.js';
import { populate } from '../stake/population.js';
import { startServer, type RunningServer, type ServerKind } from '../stake/server.js';

const CALLERS = 64;
const CLIENTS = 4_000;
const BODY = JSON.stringify({ asset: 'ETH', amount: '0.0001' });

/** What group commit brings: the same room, but each request with a transaction to itself. */
export const stakeTogether: BenchRow = {
  name: 'POST stake, group commit / one transaction a request',
  unit: 'orders',
  target: 3,
  gate: 'rate',
  tail: true,
  prepare: (bench) => prepare(bench, 'singly'),
};

/** What identity, validation, eligibility, idempotency, postings, history and messages cost. */
export const stakeWhole: BenchRow = {
  name: 'POST stake / bare server with the same group commit',
  unit: 'orders',
  target: 0.7,
  gate: 'rate',
  prepare: (bench) => prepare(bench, 'bare'),
};

const post = (token: string): Post => ({
  path: '/v1/staking/stakes',
  headers: { authorization: `Bearer ${token}`, 'idempotency-key': newUuid() },
  body: BODY,
});

async function prepare(bench: Bench, floor: ServerKind): Promise<Prepared> {
  const ours = await startServer('batched', bench.url('staking'));
  const tokens = await people(bench);
  const other = await startServer(floor, floor === 'bare' ? bench.adminUrl : bench.url('staking'));
  const draw = numbers(17);
  const next = (): Post => post(tokens[draw(tokens.length)] ?? '');
  const [callers, others] = [connections(ours), connections(other)];
  await onceEach(callers, tokens);
  if (floor !== 'bare') await onceEach(others, tokens);
  return {
    ours: postsSideBySide(callers, next),
    floor: postsSideBySide(others, next),
    servers: { ours: ours.pid, floor: other.pid },
    done: async () => {
      for (const connection of [...callers, ...others]) connection.close();
      await Promise.all([ours.stop(), other.stop()]);
    },
  };
}

/** The room alone, under as many callers as are wanted. */
export async function stakeLoad(
  bench: Bench,
  most: number,
): Promise<{ callers: readonly Connection[]; order: (caller: Connection) => Promise<number>; done: () => Promise<void> }> {
  const server = await startServer('batched', bench.url('staking'));
  const tokens = await people(bench);
  const draw = numbers(19);
  const callers = connections(server, most);
  await onceEach(callers, tokens);
  return {
    callers,
    order: async (caller) => {
      accepted(await caller.post(post(tokens[draw(tokens.length)] ?? '')));
      return 1;
    },
    done: async () => {
      for (const caller of callers) caller.close();
      await server.stop();
    },
  };
}

/** A client's first order opens accounts in the ledger, and a room looks their numbers up once: that is over before the clock starts. */
async function onceEach(connections: readonly Connection[], tokens: readonly string[]): Promise<void> {
  const left = tokens.map(post);
  await Promise.all(
    connections.map(async (connection) => {
      for (let next = left.pop(); next; next = left.pop()) accepted(await connection.post(next));
    }),
  );
}

const connections = (server: RunningServer, count = CALLERS): Connection[] =>
  Array.from({ length: count }, () => new Connection(server.port));

let known: Promise<string[]> | undefined;

/** The rows share them; the bare server knows them too. Returns their API keys. */
function people(bench: Bench): Promise<string[]> {
  known ??= settle(bench);
  return known;
}

async function settle(bench: Bench): Promise<string[]> {
  const tokens = await populate(bench, bench.quick ? 500 : CLIENTS);
  const admin = await connect(bench.adminUrl, 1);
  try {
    await admin.all[0]?.query(BARE_SETUP);
    await admin.all[0]?.query('INSERT INTO bench.stake_account SELECT token, 1e24 FROM unnest($1::text[]) AS t (token)', [tokens]);
    await admin.all[0]?.query('VACUUM ANALYZE');
  } finally {
    await admin.close();
  }
  return tokens;
}
