/** The database decides as the oracle does, whatever comes: groups, repeats, conflicts, holds, reversals, stripes, wrong kinds and rooms, floors and ceilings. */
import fc from 'fast-check';
import type { AssetCode } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import { balanceOf, post, reverse, type AccountKindName, type Posting } from './index.js';
import { Oracle } from './oracle.spec-support.js';
import { openRooms, type Rooms } from './postings.spec-support.js';
import { comparable, Holds, story, World, type HoldStep, type PostStep, type ReverseStep } from './story.spec-support.js';
import { verify } from './verify/verify.js';

let database: TestDatabase;
let rooms: Rooms;

beforeAll(async () => {
  database = await createTestDatabase();
  rooms = await openRooms(database);
});
afterAll(() => database.close());

type Told = PostStep | HoldStep | ReverseStep;

async function tell(
  world: World,
  steps: readonly Told[],
  splitting: boolean,
): Promise<{ outcomes: object[]; oracle: Oracle; expected: object[] }> {
  const oracle = new Oracle();
  const holds = new Holds(world);
  const outcomes: object[] = [];
  const expected: object[] = [];
  const earlier: Posting[] = [];
  for (const step of [world.money(), ...steps]) {
    if (step.do === 'hold') {
      for (const who of [0, 1, 2]) oracle.hold(world.owner('client', who), who === step.who ? step.scopes : []);
      await holds.replace(rooms.compliance, step, () => Promise.resolve());
    } else if (step.do === 'reverse') {
      const reversal = world.reversal(step, earlier);
      expected.push(oracle.reverse(step.room, reversal));
      outcomes.push(await rooms[step.room].run((em) => reverse(em, reversal)));
    } else {
      const postings = world.postings(step.drafts);
      earlier.push(...postings);
      expected.push(...comparable(oracle.post(step.room, postings), postings));
      for (const call of splitting ? unitsOf(postings) : [postings])
        outcomes.push(...comparable(await rooms[step.room].run((em) => post(em, call)), call));
    }
  }
  return { outcomes, oracle, expected };
}

function unitsOf(postings: readonly Posting[]): Posting[][] {
  const units: Posting[][] = [];
  postings.forEach((p, index) => {
    const last = units.at(-1);
    if (last && p.group !== undefined && postings[index - 1]?.group === p.group) last.push(p);
    else units.push([p]);
  });
  return units;
}

async function sameBalances(oracle: Oracle): Promise<void> {
  await rooms.reception.read(async (em) => {
    for (const [name, balance] of oracle.balances) {
      const [kindName, owner, asset] = name.split('/') as [AccountKindName, string, AssetCode];
      expect({ name, balance: await balanceOf(em, { kind: kindName, owner, asset }) }).toEqual({ name, balance });
    }
  });
}

const runs = (numRuns: number) => ({ numRuns });

it('decides batches as the oracle decides one by one', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (steps) => {
      const { outcomes, expected, oracle } = await tell(new World(), steps, false);
      expect(outcomes).toEqual(expected);
      await sameBalances(oracle);
    }),
    runs(80),
  );
}, 120_000);

it('decides one by one as it decides a batch', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (steps) => {
      const [batched, single] = [await tell(new World(), steps, false), await tell(new World(), steps, true)];
      expect(single.outcomes).toEqual(batched.outcomes);
      await sameBalances(single.oracle);
    }),
    runs(35),
  );
}, 120_000);

it('leaves books that verify, and that tried every outcome', async () => {
  const report = await database.admin.transaction((em) =>
    verify({ rows: async (sql, values) => em.query(sql, values ? [...values] : undefined) }),
  );
  expect(report.findings).toEqual([]);
  const seen: { status: number }[] = await database.admin.query('SELECT DISTINCT status FROM ledger.decision ORDER BY 1');
  expect(seen.map((row) => row.status)).toEqual([0, 2, 3, 4, 5, 6]);
});
