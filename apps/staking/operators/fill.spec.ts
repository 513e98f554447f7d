import fc from 'fast-check';
import { fillLeastFirst, type Bucket } from './fill.js';

const named = (buckets: readonly (readonly [filled: bigint, cap: bigint])[]): Bucket[] =>
  buckets.map(([filled, cap], i) => ({ id: String.fromCharCode(97 + i), filled, cap }));
const levels = (buckets: readonly Bucket[], amount: bigint): bigint[] => {
  const given = fillLeastFirst(buckets, amount);
  return buckets.map(({ id, filled }) => filled + (given.get(id) ?? 0n));
};
const arbitraryBuckets = fc
  .array(fc.tuple(fc.bigInt(0n, 200n), fc.bigInt(0n, 200n)), { minLength: 1, maxLength: 8 })
  .map((list) => named(list));
const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
const largest = (a: bigint, b: bigint): bigint => (a > b ? a : b);

describe('filling the least filled first', () => {
  it('raises it to the next level or its cap, and shares what is left among equals, rounded up', () => {
    expect(levels(named([[9_998n, 10_000n], [70n, 101n], [0n, 100n]]), 101n)).toEqual([9_998n, 86n, 85n]); // prettier-ignore
    expect(levels(named([[9_998n, 10_000n], [70n, 101n], [0n, 100n]]), 1_000n)).toEqual([10_000n, 101n, 100n]); // prettier-ignore
    expect(levels(named([[0n, 1n], [0n, 10n]]), 7n)).toEqual([1n, 6n]); // prettier-ignore
  });

  it('never goes above a cap, and gives out all there is room for', () => {
    fc.assert(
      fc.property(arbitraryBuckets, fc.bigInt(0n, 2_000n), (buckets, amount) => {
        const given = fillLeastFirst(buckets, amount);
        for (const { id, filled, cap } of buckets) expect(filled + (given.get(id) ?? 0n) <= largest(cap, filled)).toBe(true);
        const room = sum(buckets.map(({ filled, cap }) => largest(cap - filled, 0n)));
        expect(sum([...given.values()])).toBe(room < amount ? room : amount);
      }),
    );
  });

  it('does not depend on the order of the buckets', () => {
    fc.assert(
      fc.property(arbitraryBuckets, fc.bigInt(0n, 2_000n), fc.infiniteStream(fc.nat()), (buckets, amount, dice) => {
        const shuffled = buckets
          .map((bucket) => ({ bucket, at: dice.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ bucket }) => bucket);
        const [one, other] = [fillLeastFirst(buckets, amount), fillLeastFirst(shuffled, amount)];
        for (const { id } of buckets) expect(other.get(id)).toBe(one.get(id));
      }),
    );
  });

  it('leaves nobody below who had room while another rose above it', () => {
    fc.assert(
      fc.property(arbitraryBuckets, fc.bigInt(1n, 2_000n), (buckets, amount) => {
        const given = fillLeastFirst(buckets, amount);
        const after = buckets.map((bucket) => ({ ...bucket, at: bucket.filled + (given.get(bucket.id) ?? 0n) }));
        const open = after.filter(({ at, cap }) => at < cap);
        const lowest = open.reduce<bigint | null>((low, { at }) => (low === null || at < low ? at : low), null);
        if (lowest === null) return;
        // what was raised ends at most one above the lowest that could have been raised instead
        for (const { id, at } of after) if ((given.get(id) ?? 0n) > 0n) expect(at <= lowest + 1n).toBe(true);
      }),
    );
  });

  it('takes sums of money in few steps', () => {
    const wei = 10n ** 18n;
    const buckets = Array.from({ length: 50 }, (_, i) => ({ id: `o${i}`, filled: BigInt(i * i) * wei, cap: 10n ** 30n }));
    expect(sum([...fillLeastFirst(buckets, 10n ** 25n + 7n).values()])).toBe(10n ** 25n + 7n);
  });
});
