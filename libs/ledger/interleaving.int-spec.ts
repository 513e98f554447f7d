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

it('leaves books that verify, and in which all of it happened', async () => {
  const report = await database.admin.transaction((em) =>
    verify({ rows: async (sql, values) => em.query(sql, values ? [...values] : undefined) }),
  );
  expect(report.findings).toEqual([]);
  const [seen] = await database.admin.query<object[]>(
    `SELECT (SELECT array_agg(DISTINCT status ORDER BY status) FROM ledger.decision) AS decisions, EXISTS (SELECT FROM ledger.reversal WHERE status = 0) AS reversed,
            EXISTS (SELECT FROM ledger.decision WHERE kind = 0) AS folded, EXISTS (SELECT FROM ledger.day_delta) AS rolled, EXISTS (SELECT FROM ledger.period) AS closed`,
  );
  expect(seen).toEqual({ decisions: [0, 2, 3, 4, 5, 6], reversed: true, folded: true, rolled: true, closed: true });
});
