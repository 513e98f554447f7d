import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '#testing';
import { accountNumbers } from '../../../libs/ledger/accounts.js';
import { foldStripes, mustPost, rollUp } from '../../../libs/ledger/index.js';
import { account, fund, openRooms, posting, type Funded, type Rooms } from '../../../libs/ledger/postings.spec-support.js';
import { verify } from '../../../libs/ledger/verify/verify.js';

export interface Replay {
  readonly transfers: number;
  readonly say?: (line: string) => void;
}
export interface ReplayReport {
  readonly transfers: number;
  readonly postedPerSecond: number;
  readonly verifiedPerSecond: number;
  /** The most memory that this process had while it verified, over what it had before: it must not grow with the ledger. */
  readonly grewBytes: number;
}

const CLIENTS = 1_000;
const BATCH = 5_000;

/** Fills a ledger with so many transfers, rolls up their days, and verifies every row of it. Throws when anything is found. */
export async function replay({ transfers, say = () => undefined }: Replay): Promise<ReplayReport> {
  const database = await createTestDatabase();
  try {
    const rooms = await openRooms(database);
    const began = performance.now();
    await fill(database, rooms, transfers, say);
    const posted = performance.now();
    while ((await rooms.custody.run((em) => rollUp(em))) > 0 || (await waiting(database)) > 0) say('ledger replay: rolled up a step');
    await rooms.custody.run((em) => foldStripes(em));
    const before = process.memoryUsage().rss;
    const from = performance.now();
    const { transfers: found, most } = await look(database.adminUrl, say);
    return {
      transfers: found,
      postedPerSecond: Math.round((transfers / (posted - began)) * 1_000),
      verifiedPerSecond: Math.round((found / (performance.now() - from)) * 1_000),
      grewBytes: most - before,
    };
  } finally {
    await database.close();
  }
}

async function waiting({ admin }: TestDatabase): Promise<number> {
  const [row] = await admin.query<[{ n: number }]>(
    'SELECT count(*)::int AS n FROM ledger.batch b, ledger.rollup r WHERE b.id > r.rolled_to',
  );
  return row.n;
}

/** Money to and fro between two accounts of each client, in batches made up in the database: it is post() that is fed, as fast as it takes. */
async function fill(database: TestDatabase, rooms: Rooms, transfers: number, say: (line: string) => void): Promise<void> {
  const clients: Funded[] = [];
  for (let n = 0; n < Math.min(CLIENTS, transfers); n++) clients.push(await fund(rooms, 1_000n));
  const numbers = await rooms.staking.run(async (em) => {
    const numberOf = await accountNumbers(
      em,
      clients.flatMap((c) => [c.available, c.reserved]),
    );
    return clients.map((c) => [numberOf(c.available), numberOf(c.reserved)]);
  });
  const [validator, payable] = [account('stake.validator', `0x${'a'.repeat(96)}`), account('trust.fee_payable', 'ethereum')];
  const source = await database.dataSource('staking');
  for (let done = 0; done < transfers; done += BATCH) {
    const size = Math.min(BATCH, transfers - done);
    // even turns reserve, odd turns give back: so it never ends
    await source.query(
      `SELECT ledger.post(array_agg(gen_random_uuid()), array_agg('\\x00'::bytea), array_agg(0), array_agg((30 + back)::smallint), array_agg(CASE back WHEN 0 THEN a ELSE r END),
                          array_agg(CASE back WHEN 0 THEN r ELSE a END), array_agg(1::numeric), array_agg(timestamptz '2026-01-01' + n * interval '1 second'), array_agg(gen_random_uuid()))
         FROM (SELECT n, ($1::bigint[])[1 + n % $3::int] a, ($2::bigint[])[1 + n % $3::int] r, n / $3::int % 2 back FROM generate_series($4::int, $5::int) n) q`,
      [numbers.map(([a]) => a), numbers.map(([, r]) => r), numbers.length, done, done + size - 1],
    );
    await rooms.staking.run((em) => mustPost(em, [posting('reward.commission', validator, payable, 1n)]));
    if (done % 100_000 === 0) say(`ledger replay: ${done} of ${transfers} posted`);
  }
}

async function look(url: string, say: (line: string) => void): Promise<{ transfers: number; most: number }> {
  const client = new pg.Client({ connectionString: url });
  let most = 0;
  try {
    await client.connect();
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(`SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'`);
    const rows = async <R extends object>(sql: string, values?: readonly unknown[]): Promise<R[]> => {
      const { rows: page } = await client.query<R>(sql, values ? [...values] : undefined);
      most = Math.max(most, process.memoryUsage().rss);
      return page;
    };
    const report = await verify({ rows }, say);
    if (!report.ok) throw new Error(`the books do not verify: ${JSON.stringify(report.findings)}`);
    return { transfers: report.transfers, most };
  } finally {
    await client.end();
  }
}
