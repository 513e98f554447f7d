import fc from 'fast-check';
import { DatabaseWorld } from './database-world.spec-support.js';
import { fees, steps } from './steps.spec-support.js';

/** Steps for each mode. The soak takes more. */
const STEPS = 150;

describe('a pool in PostgreSQL against the independent model', () => {
  it.each(['payout', 'compound'] as const)(
    'says the same after every report: %s',
    async (mode) => {
      const seed = Number(fc.sample(fc.integer({ min: 1, max: 2 ** 31 - 1 }), 1)[0]);
      const [charged] = fc.sample(fees, { numRuns: 1, seed });
      const world = await DatabaseWorld.open(mode, charged ?? new Map([['standard', 1_000]]));
      const done: string[] = [];
      try {
        for (const [name, play] of fc.sample(steps, { numRuns: STEPS, seed })) {
          done.push(name);
          await play(world);
          if (name.startsWith('report')) await world.check();
        }
        await world.check();
        expect(world.reports).toBeGreaterThan(5);
      } catch (error) {
        throw new Error(`seed ${seed}, ${done.length} steps: ${done.slice(-6).join(' · ')}`, { cause: error });
      } finally {
        await world.s.close();
      }
    },
    120_000,
  );
});
