import { proveInMemory } from './accounting.spec-support.js';
import { Difference, LAWFUL, up } from './oracle-facts.spec-support.js';

/** 10^4 steps; the soak takes 10^5. */
const POOLS = 110;

describe('a pool against an independent model of its laws', () => {
  it('says the same to the last unit after every step, in both modes, of tokens of 0 to 18 decimals (A1 to A5, A7 to A9)', async () => {
    const { steps, seen } = await proveInMemory({ pools: POOLS });
    expect(steps).toBeGreaterThan(POOLS * 80);
    expect(Object.entries(seen).filter(([, times]) => times === 0)).toEqual([]); // it all happened
  }, 120_000);

  it.each(['mint', 'redeem', 'commission'] as const)(
    'differs on one wrong rounding: %s',
    async (broken) => {
      await expect(proveInMemory({ pools: 200, roundings: { ...LAWFUL, [broken]: up } })).rejects.toMatchObject({
        cause: expect.any(Difference),
      });
    },
    120_000,
  );
});
