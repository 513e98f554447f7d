import fc from 'fast-check';
import { amount } from '#kernel';
import { allocate, amountOf, BATCH, inTwoSteps, missingFor, PREDEPOSIT, splitFirst } from './batch.js';

const ETH = 10n ** 18n;
const waiting = (...eth: bigint[]) => eth.map((units, i) => ({ orderId: `order-${i}`, unallocated: amount(units * ETH) }));

describe('allocation', () => {
  it('waits until a validator is full', () => {
    expect(allocate(waiting(5n, 26n), amount(0n))).toBeNull();
    expect(missingFor(31n * ETH, 0n)).toBe(ETH);
    expect(missingFor(33n * ETH, 0n)).toBe(0n);
  });

  it('takes first in, first out, and splits the last', () => {
    expect(allocate(waiting(5n, 30n, 9n), amount(0n))).toEqual({
      fill: 0n,
      parts: [
        { orderId: 'order-0', amount: 5n * ETH },
        { orderId: 'order-1', amount: 27n * ETH },
      ],
    });
  });

  it("puts the pool's own money first", () => {
    expect(allocate(waiting(9n), amount(27n * ETH))).toEqual({ fill: 27n * ETH, parts: [{ orderId: 'order-0', amount: 5n * ETH }] });
    expect(allocate([], amount(40n * ETH))).toEqual({ fill: BATCH, parts: [] });
  });

  it('always takes exactly 32 ETH, from each no more than it has, and exactly when there is enough', () => {
    const orders = fc.array(fc.bigInt({ min: 1n, max: 50n * ETH }), { maxLength: 12 });
    fc.assert(
      fc.property(orders, fc.bigInt({ min: 0n, max: 50n * ETH }), (list, free) => {
        const queue = list.map((units, i) => ({ orderId: String(i), unallocated: amount(units) }));
        const result = allocate(queue, amount(free));
        const there = list.reduce((sum, units) => sum + units, 0n) + free;
        expect(result !== null).toBe(there >= BATCH);
        if (!result) return;
        expect(result.parts.reduce<bigint>((sum, p) => sum + p.amount, result.fill)).toBe(BATCH);
        for (const part of result.parts) expect(part.amount).toBeLessThanOrEqual(queue[Number(part.orderId)]?.unallocated ?? 0n);
      }),
    );
  });
});

describe('a deposit in two steps', () => {
  it('is 1 ETH and the rest; in one step it is all', () => {
    const batch = { kind: 'validator', protection: 'two_step', amount: BATCH } as const;
    expect([inTwoSteps(batch), amountOf(batch, 'first'), amountOf(batch, 'rest')]).toEqual([true, ETH, 31n * ETH]);
    expect(amountOf({ ...batch, protection: 'head_checks' }, 'first')).toBe(BATCH);
    expect(inTwoSteps({ ...batch, kind: 'top_up' })).toBe(false);
  });

  it('takes the first ETH from all pieces in proportion, from none more than it has, and nothing is lost between the steps', () => {
    const cuts = fc.uniqueArray(fc.bigInt({ min: 1n, max: BATCH - 1n }), { maxLength: 40 });
    fc.assert(
      fc.property(cuts, fc.boolean(), (at, withoutFill) => {
        const edges = [0n, ...[...at].sort((a, b) => (a < b ? -1 : 1)), BATCH];
        const pieces = edges.slice(1).map((edge, i) => ({ amount: amount(edge - (edges[i] ?? 0n)) }));
        const split = splitFirst(withoutFill ? [{ amount: amount(0n) }, ...pieces] : pieces, PREDEPOSIT);
        expect(split.reduce<bigint>((sum, p) => sum + p.first, 0n)).toBe(PREDEPOSIT);
        expect(split.reduce<bigint>((sum, p) => sum + p.rest, 0n)).toBe(BATCH - PREDEPOSIT);
        for (const piece of split) expect(piece.first + piece.rest).toBe(piece.amount);
      }),
    );
  });
});
