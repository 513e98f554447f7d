import fc from 'fast-check';
import { amount } from '#kernel';
import { draw, type Owed } from './run.js';

const owed = (clientId: string, units: bigint): Owed => ({ clientId, owed: amount(units) });
const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n);

describe('drawing up a run', () => {
  it('pays what is owed when enough is collected', () => {
    const draft = draw([owed('b', 5n), owed('a', 3n), owed('c', 0n)], amount(100n));
    expect(draft.lines).toEqual([
      { clientId: 'a', owed: 3n, amount: 3n },
      { clientId: 'b', owed: 5n, amount: 5n },
    ]);
    expect(draft).toMatchObject({ budget: 100n, owed: 8n, total: 8n });
  });

  it('pays in proportion when less is collected, to the last unit', () => {
    const draft = draw([owed('a', 10n), owed('b', 10n), owed('c', 10n)], amount(20n));
    expect(draft.lines.map((l) => l.amount)).toEqual([7n, 7n, 6n]);
    expect(draft.total).toBe(20n);
  });

  it('leaves out who gets nothing', () => {
    expect(draw([owed('a', 1_000_000n), owed('b', 1n)], amount(10n)).lines.map((l) => l.clientId)).toEqual(['a']);
    expect(draw([], amount(10n))).toMatchObject({ lines: [], total: 0n });
    expect(draw([owed('a', 5n)], amount(0n))).toMatchObject({ lines: [], total: 0n, owed: 5n });
  });

  it('never pays more than owed or collected, and pays all of the smaller', () => {
    const units = fc.bigInt({ min: 0n, max: 10n ** 21n });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.uuid(), { maxLength: 30 }),
        fc.array(units, { minLength: 30, maxLength: 30 }),
        units,
        (ids, amounts, budget) => {
          const balances = ids.map((id, i) => owed(id, amounts[i] ?? 0n));
          const draft = draw(balances, amount(budget));
          const all = sum(balances.map((b) => b.owed));
          expect(draft.total).toBe(all < budget ? all : budget);
          expect(sum(draft.lines.map((l) => l.amount))).toBe(draft.total);
          for (const line of draft.lines) expect(line.amount > 0n && line.amount <= line.owed).toBe(true);
          expect(draw([...balances].reverse(), amount(budget))).toEqual(draft);
        },
      ),
    );
  });

  it('has a hash that any change of a line or of the budget changes', () => {
    const hash = draw([owed('a', 10n), owed('b', 10n)], amount(50n)).hash;
    expect(draw([owed('a', 10n), owed('b', 10n)], amount(50n)).hash).toBe(hash);
    expect(draw([owed('a', 11n), owed('b', 10n)], amount(50n)).hash).not.toBe(hash);
    expect(draw([owed('a', 10n), owed('c', 10n)], amount(50n)).hash).not.toBe(hash);
    expect(draw([owed('a', 10n), owed('b', 10n)], amount(51n)).hash).not.toBe(hash);
  });
});
