import fc from 'fast-check';
import { amount, basisPoints, subtract } from '#kernel';
import { breakDown } from './earning.js';

const mix = (consensus: bigint, priorityFees = 0n, mev = 0n) => ({ consensus, priorityFees, mev });

it('says what a payment was before commission, and what it is made of', () => {
  expect(breakDown(amount(900n), 1_000, mix(70n, 20n, 10n))).toEqual({
    gross: 1_000n,
    commission: 100n,
    components: { consensus: 630n, priorityFees: 180n, mev: 90n },
  });
  expect(breakDown(amount(7n), 0, mix(-5n, 1n, 1n))).toMatchObject({
    commission: 0n,
    components: { consensus: 0n, priorityFees: 4n, mev: 3n },
  });
  expect(breakDown(amount(7n), 1_000, mix(-5n))).toMatchObject({ components: null });
});

it('always sums to the payment, to the last unit', () => {
  const part = fc.bigInt(-(10n ** 24n), 10n ** 24n);
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 26n), fc.integer({ min: 0, max: 9_999 }), part, part, part, (paid, bps, a, b, c) => {
      const { gross, commission, components } = breakDown(amount(paid), bps, mix(a, b, c));
      expect(gross - commission).toBe(paid);
      expect(subtract(gross, basisPoints(gross, bps, 'floor')) <= paid).toBe(true);
      if (components) expect(components.consensus + components.priorityFees + components.mev).toBe(paid);
    }),
  );
});
