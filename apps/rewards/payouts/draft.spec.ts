import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { amount, uuid5 } from '#kernel';
import { Drawing, LINES_A_BLOCK, type Line, type Owing, type Totals } from './draft.js';

const owing = (clientId: string, units: bigint, more: Partial<Owing> = {}): Owing => ({
  ...{ clientId, owed: amount(units), minimum: amount(0n), closed: false, onHold: false, restakeProduct: null },
  ...more,
});
const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n);
const byClient = (a: Owing, b: Owing): number => (a.clientId < b.clientId ? -1 : 1);

function draw(everybody: readonly Owing[], budget: bigint, minimum = 0n): Totals & { drawn: Line[] } {
  const drawing = new Drawing({ poolId: 'eth-payout-1', asset: 'ETH', budget: amount(budget), minimum: amount(minimum) });
  const sorted = [...everybody].sort(byClient);
  for (const one of sorted) drawing.count(one);
  const drawn = sorted.flatMap((one) => drawing.next(one) ?? []);
  return { drawn, ...drawing.finish() };
}
const paid = (everybody: readonly Owing[], budget: bigint, minimum = 0n): [string, bigint][] =>
  draw(everybody, budget, minimum).drawn.flatMap((line) => (line.state === 'pending' ? [[line.clientId, line.amount as bigint]] : []));

describe('drawing up a run', () => {
  it('pays what is owed when enough is collected', () => {
    expect(paid([owing('b', 5n), owing('a', 3n)], 100n)).toEqual([
      ['a', 3n],
      ['b', 5n],
    ]);
    expect(draw([owing('b', 5n), owing('a', 3n)], 100n)).toMatchObject({ owed: 8n, payable: 8n, total: 8n, lines: 2 });
  });

  it('pays in proportion when less is collected, to the last unit', () => {
    expect(paid([owing('a', 10n), owing('b', 10n), owing('c', 10n)], 20n).map(([, units]) => units)).toEqual([6n, 7n, 7n]);
    expect(draw([owing('a', 5n)], 0n)).toMatchObject({ drawn: [], total: 0n, owed: 5n });
  });

  it('keeps out whoever may not be paid, and gives their part of what is short to nobody', () => {
    const all = [owing('a', 10n), owing('b', 10n, { onHold: true }), owing('c', 10n, { closed: true, onHold: true }), owing('d', 10n)];
    const draft = draw(all, 10n);
    expect(draft.drawn).toMatchObject([
      { clientId: 'a', amount: 5n, state: 'pending' },
      { clientId: 'b', amount: 0n, state: 'held', reason: 'hold' },
      { clientId: 'c', amount: 0n, state: 'held', reason: 'closed' },
      { clientId: 'd', amount: 5n, state: 'pending' },
    ]);
    expect(draft).toMatchObject({ owed: 40n, payable: 20n, held: 20n, linesHeld: 2, total: 10n, lines: 2 });
  });

  it('keeps back what is less than the schedule or the client wants, and pays what is just that', () => {
    const all = [owing('a', 4n), owing('b', 5n), owing('c', 5n, { minimum: amount(6n) }), owing('d', 6n, { minimum: amount(6n) })];
    expect(paid(all, 100n, 5n)).toEqual([
      ['b', 5n],
      ['d', 6n],
    ]);
    expect(draw(all, 100n, 5n)).toMatchObject({ below: 9n, linesBelow: 2, total: 11n });
  });

  it('says of paid lines only into what they are restaked', () => {
    const restakeProduct = 'eth-compound';
    const all = [owing('a', 4n, { restakeProduct }), owing('b', 4n, { restakeProduct, onHold: true })];
    expect(draw(all, 100n).drawn.map((line) => line.restakeProduct)).toEqual([restakeProduct, null]);
  });

  it('never pays more than owed or collected, pays all of the smaller, and is fair to one unit', () => {
    const units = fc.bigInt({ min: 1n, max: 10n ** 21n });
    const one = fc.record({ id: fc.uuid(), units, minimum: fc.constantFrom(0n, 10n ** 18n), onHold: fc.boolean(), closed: fc.boolean() });
    fc.assert(
      fc.property(
        fc.uniqueArray(one, { maxLength: 30, selector: ({ id }) => id }),
        fc.bigInt({ min: 0n, max: 10n ** 22n }),
        fc.constantFrom(0n, 10n ** 17n),
        (clients, budget, minimum) => {
          const all = clients.map((c) => owing(c.id, c.units, { minimum: amount(c.minimum), onHold: c.onHold, closed: c.closed }));
          const draft = draw(all, budget, minimum);
          const { payable } = draft;
          expect(draft.owed).toBe(payable + draft.held + draft.below);
          expect(draft.total).toBe(payable < budget ? payable : budget);
          expect(sum(draft.drawn.map((line) => line.amount))).toBe(draft.total);
          for (const line of draft.drawn.filter(({ state }) => state === 'pending')) {
            expect(line.amount > 0n && line.amount <= line.owed).toBe(true);
            // within one unit of total/payable of what is owed
            const error = line.amount * payable - draft.total * line.owed;
            expect(error > -payable && error < payable).toBe(true);
          }
          expect(draw([...all].reverse(), budget, minimum)).toEqual(draft);
        },
      ),
    );
  });

  it('refuses to go through anybody twice or out of order', () => {
    const drawing = new Drawing({ poolId: 'p', asset: 'ETH', budget: amount(5n), minimum: amount(0n) });
    drawing.count(owing('a', 1n));
    drawing.next(owing('a', 1n));
    expect(() => drawing.next(owing('a', 1n))).toThrow('payout_draft.order');
  });
});

describe('the hash of a draft', () => {
  const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

  it('is over the terms and the lines, in blocks', () => {
    const clients = Array.from({ length: LINES_A_BLOCK + 1 }, (_, i) => owing(uuid5('client', String(i)), BigInt(i + 1))).sort(byClient);
    const lines = clients.map(({ clientId, owed }) => `${clientId} ${owed} ${owed} pending - -\n`);
    const blocks = [lines.slice(0, LINES_A_BLOCK), lines.slice(LINES_A_BLOCK)].map((block) => `${sha(block.join(''))}\n`);
    const head = `bailee payout draft 1\npool eth-payout-1\nasset ETH\nbudget ${10n ** 20n}\nminimum 0\n`;
    expect(draw(clients, 10n ** 20n).hash).toBe(sha(head + blocks.join('')));
    expect(draw([], 7n).hash).toBe(sha('bailee payout draft 1\npool eth-payout-1\nasset ETH\nbudget 7\nminimum 0\n'));
  });

  it('is another one after any change', () => {
    const hash = draw([owing('a', 10n), owing('b', 10n)], 50n).hash;
    expect(draw([owing('b', 10n), owing('a', 10n)], 50n).hash).toBe(hash);
    const others = [
      draw([owing('a', 11n), owing('b', 10n)], 50n),
      draw([owing('a', 10n), owing('c', 10n)], 50n),
      draw([owing('a', 10n), owing('b', 10n)], 51n),
      draw([owing('a', 10n), owing('b', 10n)], 50n, 1n),
      draw([owing('a', 10n), owing('b', 10n, { onHold: true })], 50n),
      draw([owing('a', 10n), owing('b', 10n, { closed: true })], 50n),
      draw([owing('a', 10n), owing('b', 10n, { minimum: amount(11n) })], 50n),
      draw([owing('a', 10n), owing('b', 10n, { restakeProduct: 'eth-compound' })], 50n),
    ].map((draft) => draft.hash);
    expect(new Set([hash, ...others]).size).toBe(others.length + 1);
  });
});
