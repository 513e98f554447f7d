import fc from 'fast-check';
import { add, amount, basisPoints, delta, LARGEST, mulDiv, share, subtract } from './amount.js';
import { InvariantBroken } from './invariant.js';

const units = fc.bigInt({ min: 0n, max: 10n ** 30n });

describe('amount', () => {
  it('refuses what no ledger can hold', () => {
    for (const bad of [-1n, LARGEST + 1n]) expect(() => amount(bad)).toThrow(InvariantBroken);
    expect(amount(LARGEST)).toBe(LARGEST);
    expect(() => delta(-LARGEST - 1n)).toThrow(InvariantBroken);
    expect(() => subtract(amount(1n), amount(2n))).toThrow(InvariantBroken);
    expect(() => add(amount(LARGEST), amount(1n))).toThrow(InvariantBroken);
  });

  it('keeps every wei at sizes where a double would not', () => {
    expect(add(amount(2n ** 53n), amount(1n))).toBe(9_007_199_254_740_993n);
  });
});

describe('mulDiv', () => {
  it('floor and ceil enclose the exact quotient and differ by at most one', () => {
    fc.assert(
      fc.property(units, units, fc.bigInt({ min: 1n, max: 10n ** 30n }), (a, b, c) => {
        const floor = mulDiv(a, b, c, 'floor');
        const ceil = mulDiv(a, b, c, 'ceil');
        expect(floor * c <= a * b && a * b <= ceil * c).toBe(true);
        expect(ceil - floor).toBe((a * b) % c === 0n ? 0n : 1n);
      }),
    );
  });

  it('takes basis points, never more than the whole', () => {
    expect(basisPoints(amount(9_999n), 1, 'floor')).toBe(0n);
    expect(basisPoints(amount(10_000n), 10_000, 'floor')).toBe(10_000n);
    expect(() => basisPoints(amount(1n), 10_001, 'floor')).toThrow(InvariantBroken);
  });
});

describe('share', () => {
  const weights = fc.array(units, { minLength: 1, maxLength: 50 }).filter((w) => w.some((x) => x > 0n));

  it('always sums to the total, and no part strays by a whole unit from its exact share', () => {
    fc.assert(
      fc.property(units, weights, (total, w) => {
        const parts = share(amount(total), w);
        const sum = w.reduce((a, b) => a + b, 0n);
        expect(parts.reduce<bigint>((a, b) => a + b, 0n)).toBe(total);
        parts.forEach((part, i) => {
          const exact = total * (w[i] ?? 0n);
          expect(part * sum > exact - sum && part * sum < exact + sum).toBe(true);
        });
      }),
    );
  });

  it('gives ties to the lower index', () => {
    expect(share(amount(2n), [1n, 1n, 1n])).toEqual([1n, 1n, 0n]);
  });

  it('refuses to divide among nobody', () => {
    expect(() => share(amount(1n), [0n, 0n])).toThrow(InvariantBroken);
    expect(() => share(amount(1n), [])).toThrow(InvariantBroken);
  });
});
