import fc from 'fast-check';
import { type Lot, LotBook, lotsOf, wireLots } from './lots.js';

const at = (ms: number): Date => new Date(ms);
const lot = (id: string, quantity: bigint, ms: number, basis: bigint | null = quantity * 3n): Lot => ({
  id,
  asset: 'ETH',
  quantity,
  acquiredAt: at(ms),
  basis,
});
const POOL = 'ETH-COMPOUND-1';

type Step =
  | { readonly do: 'acquire'; readonly quantity: bigint; readonly basis: bigint; readonly ms: number }
  | { readonly do: 'dispose' | 'enter'; readonly part: number }
  | { readonly do: 'leave'; readonly part: number; readonly rate: number };

const quantity = fc.bigInt({ min: 1n, max: 10n ** 20n });
const part = fc.integer({ min: 1, max: 100 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('acquire' as const), quantity, basis: fc.bigInt({ min: 0n, max: 10n ** 14n }), ms: fc.nat(50) }),
  fc.record({ do: fc.constantFrom('dispose' as const, 'enter' as const), part }),
  fc.record({ do: fc.constant('leave' as const), part, rate: fc.integer({ min: 0, max: 200 }) }),
);

/** Plays steps on a book, and keeps count of all quantity and basis that went in and out. */
function play(steps: readonly Step[], book = new LotBook(), from = 0): { in: [bigint, bigint]; out: [bigint, bigint]; log: string[] } {
  const came: [bigint, bigint] = [0n, 0n];
  const went: [bigint, bigint] = [0n, 0n];
  const log: string[] = [];
  const count = (into: [bigint, bigint], lots: readonly Lot[]): void => {
    for (const { quantity: q, basis } of lots) [into[0], into[1]] = [into[0] + q, into[1] + (basis ?? 0n)];
  };
  steps.forEach((one, index) => {
    const id = `${from + index + 1}-1-c`;
    if (one.do === 'acquire') {
      const acquired = { ...lot(id, one.quantity, one.ms, one.basis) };
      book.acquire(acquired);
      count(came, [acquired]);
    } else if (one.do === 'leave') {
      const shares = (book.sharesOf(POOL) * BigInt(one.part)) / 100n;
      if (shares === 0n) return;
      const put = book.state.pools[POOL]?.lots.reduce((s, l) => s + l.quantity, 0n) ?? 0n;
      const paid = (put * BigInt(one.part) * BigInt(one.rate)) / 10_000n;
      const left = book.leave(POOL, 'ETH', shares, paid, (q) => lot(id, q, 100 + index, q));
      if (left.gained) count(came, [left.gained]);
      count(went, left.lost);
      expect(left.carried.reduce((s, l) => s + l.quantity, 0n) + (left.gained?.quantity ?? 0n)).toBe(paid);
    } else {
      const units = (book.freeOf('ETH') * BigInt(one.part)) / 100n;
      if (units === 0n) return;
      if (one.do === 'enter') book.enter(POOL, 'ETH', units, units * 2n);
      else {
        const disposed = book.dispose('ETH', units);
        count(went, disposed);
        log.push(...disposed.map((l) => `${id} ${l.id} ${l.quantity} ${l.basis ?? '?'}`));
      }
    }
  });
  return { in: came, out: went, log };
}

const held = (book: LotBook): Lot[] => [...book.state.free, ...Object.values(book.state.pools).flatMap((pool) => pool.lots)];

describe('lots', () => {
  it('lose and make no unit of quantity or cost, and are never below one', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const book = new LotBook();
        const { in: came, out: went } = play(steps, book);
        const there = held(book);
        expect(there.reduce((s, l) => s + l.quantity, 0n)).toBe(came[0] - went[0]);
        expect(there.reduce((s, l) => s + (l.basis ?? 0n), 0n)).toBe(came[1] - went[1]);
        for (const one of there) expect(one.quantity > 0n && (one.basis ?? 0n) >= 0n).toBe(true);
        const free = book.state.free;
        expect([...free].sort((a, b) => a.acquiredAt.getTime() - b.acquiredAt.getTime() || (a.id < b.id ? -1 : 1))).toEqual(free);
        expect(new Set(free.map((l) => l.id)).size).toBe(free.length);
      }),
      { numRuns: 300 },
    );
  });
  it('are the same whether a history is read at once or goes on later', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), (steps, cut) => {
        const whole = new LotBook();
        const { log } = play(steps, whole);
        const early = new LotBook();
        const first = play(steps.slice(0, cut), early);
        const later = new LotBook(lotsOf(wireLots(early.state)));
        const second = play(steps.slice(cut), later, cut);
        expect([...first.log, ...second.log]).toHaveLength(log.length);
        expect([...first.log, ...second.log]).toEqual(log);
      }),
    );
  });
  it('go first in, first out', () => {
    const book = new LotBook();
    book.acquire(lot('2', 5n, 2));
    book.acquire(lot('1', 5n, 1));
    expect(book.dispose('ETH', 7n)).toEqual([lot('1', 5n, 1), lot('2', 2n, 2)]);
    expect(book.state.free).toEqual([lot('2', 3n, 2)]);
  });
  it('go with a stake and come back the same; only what it earned is new', () => {
    const book = new LotBook();
    book.acquire(lot('1', 10n, 1));
    book.enter(POOL, 'ETH', 10n, 10n);
    expect(book.state.free).toEqual([]);
    const half = book.leave(POOL, 'ETH', 5n, 6n, (q) => lot('9', q, 9));
    expect(half).toEqual({ carried: [lot('1', 5n, 1)], gained: lot('9', 1n, 9), lost: [] });
    expect(book.leave(POOL, 'ETH', 5n, 3n, (q) => lot('10', q, 10))).toEqual({
      carried: [lot('1', 3n, 1)],
      gained: null,
      lost: [lot('1', 2n, 1)],
    });
    expect(book.state).toEqual({ free: [lot('1', 8n, 1), lot('9', 1n, 9)], pools: {} });
  });
  it('of which nobody knows the cost say so', () => {
    const book = new LotBook();
    book.acquire(lot('1', 10n, 1, null));
    expect(book.dispose('ETH', 4n)).toEqual([lot('1', 4n, 1, null)]);
  });
  it('that are taken back go before all others', () => {
    const book = new LotBook();
    book.acquire(lot('1', 5n, 1));
    book.acquire(lot('2', 5n, 2));
    expect(book.dispose('ETH', 5n, '2').map((l) => l.id)).toEqual(['2']);
  });
  it('cannot be short', () => {
    expect(() => new LotBook().dispose('ETH', 1n)).toThrow('lots.short');
    expect(() => new LotBook().leave(POOL, 'ETH', 1n, 1n, (q) => lot('1', q, 1))).toThrow('lots.shares_short');
  });
});
