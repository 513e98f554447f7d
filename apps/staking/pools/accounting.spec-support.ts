import fc from 'fast-check';
import { DatabaseWorld } from './database-world.spec-support.js';
import { LAWFUL, type Roundings } from './oracle-facts.spec-support.js';
import { fees, people, steps } from './steps.spec-support.js';
import { nothingSeen, type Seen } from './wish.spec-support.js';
import { World } from './world.spec-support.js';

interface Proof {
  readonly seed?: number | undefined;
  readonly roundings?: Roundings;
}

const lives = fc.tuple(
  fc.constantFrom('payout' as const, 'compound' as const),
  fc.integer({ min: 0, max: 18 }),
  fees,
  fc.array(steps, { minLength: 60, maxLength: 140 }),
);

/** So many pools in memory, each from its first stake on, of tokens of 0 to 18 decimals. Throws at the first difference. */
export async function proveInMemory({
  pools,
  seed,
  roundings = LAWFUL,
}: Proof & { readonly pools: number }): Promise<{ steps: number; seen: Seen }> {
  const seen = nothingSeen();
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(lives, async ([mode, decimals, charged, list]) => {
      const world = new World(mode, decimals, charged, seen, roundings);
      for (const [, play] of list) {
        await play(world);
        world.check();
        taken++;
      }
      await world.empty(people);
    }),
    { numRuns: pools, ...(seed === undefined ? {} : { seed }), endOnFailure: true },
  );
  return { steps: taken, seen };
}

/** One pool in PostgreSQL, through the services. The same seed plays the same steps. */
export async function proveInDatabase(
  mode: 'payout' | 'compound',
  { steps: length, seed = fc.sample(fc.integer({ min: 1, max: 2 ** 31 - 1 }), 1)[0] ?? 1, roundings }: Proof & { readonly steps: number },
): Promise<{ seed: number; steps: number; reports: number; refused: number }> {
  const [charged = new Map([['standard', 1_000]])] = fc.sample(fees, { numRuns: 1, seed });
  const world = await DatabaseWorld.open(mode, charged, roundings);
  const done: string[] = [];
  try {
    for (const [name, play] of fc.sample(steps, { numRuns: length, seed })) {
      done.push(name);
      await play(world);
      if (name.startsWith('report')) await world.check();
    }
    await world.check();
    return { seed, steps: done.length, reports: world.reports, refused: world.refused };
  } catch (error) {
    throw new Error(`${mode}, seed ${seed}, step ${done.length}: ${done.slice(-6).join(' · ')}`, { cause: error });
  } finally {
    await world.s.close();
  }
}
