/** Several connections at once: postings, reversals, holds, folds of stripes, roll-ups and closes of periods, in whatever order they meet. */
import fc from 'fast-check';
import { createTestDatabase, type TestDatabase } from '#testing';
import { Interleaving } from './interleaving.spec-support.js';
import { openRooms, type Rooms } from './postings.spec-support.js';
import { rounds } from './story.spec-support.js';
import { verify } from './verify/verify.js';

let database: TestDatabase;
let rooms: Rooms;

beforeAll(async () => {
  database = await createTestDatabase();
  rooms = await openRooms(database);
});
afterAll(() => database.close());

it('decides what happens at once as the oracle decides it one by one', async () => {
  await fc.assert(
    fc.asyncProperty(rounds, (story) => new Interleaving(rooms, database.admin).play(story)),
    { numRuns: 20 },
  );
}, 240_000);

it('leaves books that verify, and that tried every outcome', async () => {
  const report = await database.admin.transaction((em) =>
    verify({ rows: async (sql, values) => em.query(sql, values ? [...values] : undefined) }),
  );
  expect(report.findings).toEqual([]);
  const [seen] = await database.admin.query<object[]>(
    `SELECT (SELECT array_agg(DISTINCT status ORDER BY status) FROM ledger.decision) AS decisions, (SELECT array_agg(DISTINCT status ORDER BY status) FROM ledger.reversal) AS reversals,
            (SELECT count(*) > 0 FROM ledger.decision WHERE kind = 0) AS folded, (SELECT count(*) > 0 FROM ledger.period) AS closed,
            (SELECT count(*) > 0 FROM ledger.period p JOIN ledger.decision d ON d.batch_id > p.cut AND d.status = 0 AND (d.effective_at AT TIME ZONE 'UTC')::date <= p.through) AS late, (SELECT count(*) > 0 FROM ledger.day_delta) AS rolled`,
  );
  expect(seen).toEqual({
    decisions: [0, 2, 3, 4, 5, 6],
    reversals: [0, 2, 5, 7, 8, 9],
    folded: true,
    closed: true,
    late: true,
    rolled: true,
  });
});
