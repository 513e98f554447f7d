/** Real transactions side by side: the last unit, one key claimed twice, a freeze and a posting, openings, deadlocks, a connection that dies. */
import { newUuid } from '#kernel';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';
import type { EntityManager } from 'typeorm';
import { balanceOf, entries, mustPost, placeHold, post, type Hold, type Posting, type PostingOutcome } from './index.js';
import { account, fund, openRooms, posting, reserve, type Rooms } from './postings.spec-support.js';
import { verify } from './verify/verify.js';

let database: TestDatabase;
let rooms: Rooms;

beforeAll(async () => {
  database = await createTestDatabase();
  rooms = await openRooms(database);
});
afterAll(() => database.close());

const stake = (postings: Posting[]): Promise<PostingOutcome[]> => rooms.staking.run((em) => post(em, postings));
const hold = (owner: string): Hold => ({
  holdId: newUuid(),
  owner,
  scopes: ['stake'],
  reason: 'court order',
  legalBasis: 'CO-1',
  placedBy: 'officer',
});
const posted = (outcomes: PostingOutcome[]): number => outcomes.filter((o) => o.status === 'posted').length;

/** A gate in a transaction: what is inside has happened but is not committed until it is opened. */
function gate(): { reached: Promise<void>; pass: () => Promise<void>; open: () => void } {
  let arrive = (): void => undefined;
  let open = (): void => undefined;
  const reached = new Promise<void>((resolve) => (arrive = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { reached, open, pass: () => (arrive(), opened) };
}

const waiting = async (): Promise<number> => {
  const [row] = await database.admin.query<[{ n: number }]>(
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return row.n;
};
const untilSomeoneWaits = (): Promise<unknown> => eventually(async () => (await waiting()) > 0, { timeoutMs: 5_000 });

it('gives the last unit to one of two', async () => {
  const ann = await fund(rooms, 1n);
  const held = gate();
  const first = rooms.staking.run(async (em) => {
    const outcome = await post(em, [reserve(ann, 1n)]);
    await held.pass();
    return outcome;
  });
  await held.reached;
  const second = stake([reserve(ann, 1n)]);
  await untilSomeoneWaits();
  held.open();
  expect(await first).toMatchObject([{ status: 'posted', debitBalance: 0n }]);
  expect(await second).toEqual([{ status: 'refused', reason: 'insufficient' }]);
});

it('gives the last unit to the second when the first takes its word back', async () => {
  const ann = await fund(rooms, 1n);
  const held = gate();
  const first = rooms.staking.run(async (em) => {
    await mustPost(em, [reserve(ann, 1n)]);
    await held.pass();
    throw new Error('changed its mind');
  });
  await held.reached;
  const second = stake([reserve(ann, 1n), reserve(ann, 1n)]);
  await untilSomeoneWaits();
  held.open();
  await expect(first).rejects.toThrow('changed its mind');
  expect(posted(await second)).toBe(1);
});

it('posts a key once when two claim it at the same time, and answers both alike', async () => {
  const ann = await fund(rooms, 10n);
  for (const batch of [1, 3]) {
    const same = Array.from({ length: batch }, () => reserve(ann, 1n));
    const replies = await Promise.all(Array.from({ length: 4 }, () => stake(same)));
    for (const reply of replies) expect(reply).toEqual(replies[0]);
    expect(posted(replies[0] ?? [])).toBe(batch);
  }
  expect(await rooms.staking.run((em) => balanceOf(em, ann.reserved))).toBe(4n);
});

it('puts a freeze and a posting one after the other', async () => {
  const ann = await fund(rooms, 10n);
  const held = gate();
  const freezing = rooms.compliance.run(async (em) => {
    await placeHold(em, hold(ann.owner));
    await held.pass();
  });
  await held.reached;
  const late = stake([reserve(ann, 1n)]);
  await untilSomeoneWaits();
  held.open();
  await freezing;
  expect(await late).toEqual([{ status: 'refused', reason: 'held' }]);

  const bob = await fund(rooms, 10n);
  const early = gate();
  const posting1 = rooms.staking.run(async (em) => {
    const outcome = await post(em, [reserve(bob, 1n)]);
    await early.pass();
    return outcome;
  });
  await early.reached;
  const freeze = rooms.compliance.run((em) => placeHold(em, hold(bob.owner)));
  await untilSomeoneWaits();
  early.open();
  expect(posted(await posting1)).toBe(1);
  await freeze;
  expect(await stake([reserve(bob, 1n)])).toEqual([{ status: 'refused', reason: 'held' }]);
});

it('lets no account be opened past a hold that is being placed', async () => {
  const owner = newUuid();
  const [wallet, suspense, available] = [
    account('trust.wallet', newUuid()),
    account('client.suspense', owner),
    account('client.available', owner),
  ];
  const held = gate();
  const freezing = rooms.compliance.run(async (em) => {
    await placeHold(em, { ...hold(owner), scopes: ['deposit'] });
    await held.pass();
  });
  await held.reached;
  const arriving = rooms.custody.run((em) =>
    post(em, [posting('deposit.receive', wallet, suspense, 5n), posting('deposit.release', suspense, available, 5n)]),
  );
  await untilSomeoneWaits();
  held.open();
  await freezing;
  expect(await arriving).toMatchObject([{ status: 'posted' }, { status: 'refused', reason: 'held' }]);
});

it('never deadlocks nor overspends when many move between the same few accounts in any order', async () => {
  const clients = await Promise.all(Array.from({ length: 4 }, () => fund(rooms, 20n)));
  const worker = async (seed: number): Promise<void> => {
    for (let round = 0; round < 25; round++) {
      const postings = Array.from({ length: 6 }, (_, index) => {
        const client = clients[(seed * 7 + round * 3 + index * 5) % clients.length];
        if (!client) throw new Error('no client');
        const back = (seed + index + round) % 3 === 0;
        return back
          ? posting('stake.return', client.reserved, client.available, BigInt(1 + (index % 4)))
          : reserve(client, BigInt(1 + ((index + seed) % 6)));
      });
      await rooms.staking.run((em) => post(em, postings));
    }
  };
  const before = await deadlocks();
  await Promise.all([1, 2, 3, 4, 5, 6].map(worker));
  expect(await deadlocks()).toBe(before);
  await rooms.staking.read(async (em) => {
    for (const client of clients) expect((await balanceOf(em, client.available)) + (await balanceOf(em, client.reserved))).toBe(20n);
  });
});

const deadlocks = async (): Promise<number> => {
  const [row] = await database.admin.query<[{ n: number }]>(
    'SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = current_database()',
  );
  return row.n;
};

it('loses nothing and repeats nothing when the connection dies before the commit', async () => {
  const ann = await fund(rooms, 10n);
  const wish = [reserve(ann, 3n), reserve(ann, 4n)];
  await expect(
    rooms.staking.run(async (em: EntityManager) => {
      await mustPost(em, wish);
      const [{ pid }] = await em.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
      await database.admin.query('SELECT pg_terminate_backend($1)', [pid]);
      await em.query('SELECT 1');
    }),
  ).rejects.toThrow();
  expect(await rooms.staking.run((em) => balanceOf(em, ann.reserved))).toBe(0n);
  expect(posted(await stake(wish))).toBe(2);
  expect(posted(await stake(wish))).toBe(2);
  expect(await rooms.staking.run((em) => balanceOf(em, ann.reserved))).toBe(7n);
});

it('keeps the pages of a history whole while it grows', async () => {
  const ann = await fund(rooms, 1_000n);
  for (let round = 0; round < 8; round++) await stake([reserve(ann, 1n), reserve(ann, 2n)]);
  const seen: string[] = [];
  for (let before: { id: string } | undefined; ;) {
    const page = await rooms.reception.read((em) => entries(em, { owner: ann.owner, limit: 5, ...(before ? { before } : {}) }));
    seen.push(...page.map((entry) => entry.id));
    const last = page.at(-1);
    if (page.length < 5 || !last) break;
    before = { id: last.id };
    await Promise.all([stake([reserve(ann, 1n)]), stake([posting('stake.return', ann.reserved, ann.available, 1n), reserve(ann, 1n)])]);
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toHaveLength(8 * 4 + 3);
});

it('leaves books that verify', async () => {
  const report = await database.admin.transaction((em) =>
    verify({ rows: async (sql, values) => em.query(sql, values ? [...values] : undefined) }),
  );
  expect(report.findings).toEqual([]);
  const rising = await database.admin.query(
    `SELECT FROM (SELECT batch_id, item, lag((batch_id, item)) OVER (PARTITION BY account ORDER BY version) before FROM (
        SELECT debit_account account, debit_version version, batch_id, item FROM ledger.decision WHERE status = 0
        UNION ALL SELECT credit_account, credit_version, batch_id, item FROM ledger.decision WHERE status = 0) l) s WHERE before >= (batch_id, item)`,
  );
  expect(rising).toEqual([]);
});
