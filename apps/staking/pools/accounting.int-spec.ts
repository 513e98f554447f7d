import { proveInDatabase } from './accounting.spec-support.js';
import { Difference, LAWFUL, up } from './oracle-facts.spec-support.js';

/** The soak takes more. */
const STEPS = 100;

describe('a pool in PostgreSQL against the independent model', () => {
  it.each(['payout', 'compound'] as const)(
    'says the same after every report: %s',
    async (mode) => {
      const { reports } = await proveInDatabase(mode, { steps: STEPS });
      expect(reports).toBeGreaterThan(5);
    },
    180_000,
  );

  it('differs on one wrong rounding', async () => {
    const proof = proveInDatabase('compound', { steps: 4 * STEPS, roundings: { ...LAWFUL, mint: up, redeem: up, commission: up } });
    await expect(proof).rejects.toMatchObject({ cause: expect.any(Difference) });
  }, 180_000);
});
