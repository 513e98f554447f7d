import fc from 'fast-check';
import { down, LAWFUL, up, Difference, type Roundings } from './oracle.spec-support.js';
import { fees, steps } from './steps.spec-support.js';
import { nothingSeen, World } from './world.spec-support.js';

const modes = fc.constantFrom('payout' as const, 'compound' as const);
const lives = fc.tuple(modes, fc.integer({ min: 0, max: 18 }), fees, fc.array(steps, { minLength: 60, maxLength: 140 }));

/** Ten times as many steps where there is time for them. */
const RUNS = process.env['BAILEE_SOAK'] === undefined ? 110 : 1_100;

async function prove(roundings: Roundings, numRuns: number, seed?: number): Promise<{ taken: number; seen: ReturnType<typeof nothingSeen> }> {
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
    }),
    { numRuns, ...(seed === undefined ? {} : { seed }), endOnFailure: true },
  );
  return { taken, seen };
}

describe('a pool against an independent model of its laws', () => {
  it('says the same to the last unit after every step, in both modes, of tokens of 0 to 18 decimals (A1 to A5, A7 to A9)', async () => {
    const { taken, seen } = await prove(LAWFUL, RUNS);
    expect(taken).toBeGreaterThan(RUNS * 80);
    expect(Object.entries(seen).filter(([, times]) => times < 1)).toEqual([]); // it all happened
  }, 600_000);

  it.each(['mint', 'redeem', 'commission'] as const)('fails on one wrong rounding: %s', async (broken) => {
    expect(up(7n, 2n) - down(7n, 2n)).toBe(1n);
    await expect(prove({ ...LAWFUL, [broken]: up }, 200)).rejects.toThrow();
    await expect(prove({ ...LAWFUL, [broken]: up }, 200)).rejects.toMatchObject({ cause: expect.any(Difference) });
  }, 120_000);
});
