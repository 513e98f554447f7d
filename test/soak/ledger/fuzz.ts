import fc from 'fast-check';
import { createTestDatabase } from '#testing';
import type { EntityManager } from 'typeorm';
import { Interleaving } from '../../../libs/ledger/interleaving.spec-support.js';
import { openRooms } from '../../../libs/ledger/postings.spec-support.js';
import { rounds } from '../../../libs/ledger/story.spec-support.js';
import { verify } from '../../../libs/ledger/verify/verify.js';

export interface Fuzz {
  /** Stories of up to eight rounds of up to five things at once. At most 4,000: each has days of its own. */
  readonly steps: number;
  /** The same seed tells the same stories; how their connections meet is new each time. Made up, and said, when none is given. */
  readonly seed?: number;
  readonly say?: (line: string) => void;
}
export interface FuzzReport {
  readonly seed: number;
  readonly stories: number;
  readonly decisions: number;
}

/** The ledger against the oracle, on a database of its own. Throws with the seed and the story in which they differ; then everything is verified. */
export async function fuzz({ steps, seed = randomSeed(), say = () => undefined }: Fuzz): Promise<FuzzReport> {
  say(`ledger fuzz: seed ${seed}, ${steps} stories`);
  const database = await createTestDatabase();
  try {
    const rooms = await openRooms(database);
    let told = 0;
    await fc.assert(
      fc.asyncProperty(rounds, async (story) => {
        await new Interleaving(rooms, database.admin).play(story);
        if (++told % 100 === 0) say(`ledger fuzz: ${told} of ${steps}`);
      }),
      { numRuns: steps, seed },
    );
    const report = await database.admin.transaction((em: EntityManager) =>
      verify({ rows: async (sql, values) => em.query(sql, values ? [...values] : undefined) }),
    );
    if (!report.ok) throw new Error(`seed ${seed}: the books do not verify: ${JSON.stringify(report.findings)}`);
    const [row] = await database.admin.query<[{ n: number }]>('SELECT count(*)::int AS n FROM ledger.decision');
    return { seed, stories: told, decisions: row.n };
  } finally {
    await database.close();
  }
}

const randomSeed = (): number => fc.sample(fc.integer(), 1)[0] ?? 1;
