import fc from 'fast-check';
import { amount, newUuid, uuid5 } from '#kernel';
import { linesFor, type Weight } from './distribution.js';

const weights = fc.uniqueArray(
  fc.record({ clientId: fc.nat().map((n) => uuid5('client', String(n))), weight: fc.bigInt({ min: 0n, max: 10n ** 76n }) }),
  { minLength: 1, maxLength: 60, selector: (w) => w.clientId },
);
const total = fc.bigInt({ min: 1n, max: 10n ** 30n }).map(amount);
const sum = (of: readonly { amount: bigint }[]): bigint => of.reduce((s, line) => s + line.amount, 0n);
const somebody = (of: readonly Weight[]): boolean => of.some((w) => w.weight > 0n);

describe('lines of a distribution', () => {
  it('sum to the total, to the last unit', () => {
    fc.assert(fc.property(total, weights.filter(somebody), (units, of) => sum(linesFor(units, of)) === units));
  });

  it('are the same whatever the order in which the weights come', () => {
    fc.assert(
      fc.property(total, weights.filter(somebody), fc.infiniteStream(fc.nat()), (units, of, dice) => {
        const shuffled = of
          .map((weight) => ({ weight, at: dice.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ weight }) => weight);
        expect(linesFor(units, shuffled)).toEqual(linesFor(units, of));
      }),
    );
  });

  it('are never further from the exact part than one unit, and nobody without weight gets anything', () => {
    fc.assert(
      fc.property(total, weights.filter(somebody), (units, of) => {
        const all = of.reduce((s, w) => s + w.weight, 0n);
        const lines = new Map(linesFor(units, of).map((line) => [line.clientId, line.amount as bigint]));
        for (const { clientId, weight } of of) {
          const got = lines.get(clientId) ?? 0n;
          const off = got * all - units * weight;
          expect(off < all && off > -all).toBe(true);
          if (weight === 0n) expect(got).toBe(0n);
        }
      }),
    );
  });

  it('favour the larger remainder, then the smaller id', () => {
    const [a, b, c] = [newUuid(), newUuid(), newUuid()].sort() as [string, string, string];
    const of = [c, a, b].map((clientId) => ({ clientId, weight: 1n }));
    expect(linesFor(amount(2n), of)).toEqual([
      { clientId: a, amount: 1n },
      { clientId: b, amount: 1n },
    ]);
    expect(linesFor(amount(2n), [...of.slice(1), { clientId: c, weight: 3n }])).toEqual([
      { clientId: a, amount: 1n },
      { clientId: c, amount: 1n },
    ]);
  });
});
