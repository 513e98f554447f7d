import fc from 'fast-check';
import { exitOrder, type Burdened, type Leaving } from './exit-order.js';

const ETH = 10n ** 18n;
const SIZE = 32n * ETH;
const validators = (operatorId: string | null, ...indices: number[]): Leaving[] =>
  indices.map((index) => ({ pubkey: `v${index}`, operatorId, stake: SIZE, index: BigInt(index) }));
const operator = (id: string, count: number, change: Partial<Burdened> = {}): Burdened => ({
  id,
  stake: BigInt(count) * SIZE,
  leaving: 0n,
  weight: 100,
  exitThresholdBps: 10_000,
  target: null,
  mustLeave: false,
  ...change,
});
const keys = (list: readonly Leaving[]): string[] => list.map(({ pubkey }) => pubkey);

describe('the order in which validators leave', () => {
  const a = validators('a', 1, 2, 3);
  const b = validators('b', 4, 5);
  const c = validators('c', 6);

  it('is the oldest first among equals', () => {
    const even = [...validators('a', 2, 3), ...validators('b', 1, 4)];
    expect(keys(exitOrder(even, [operator('a', 2), operator('b', 2)], SIZE))).toEqual(['v1', 'v2', 'v3', 'v4']);
    expect(keys(exitOrder(validators(null, 3, 1, 2), [], SIZE))).toEqual(['v1', 'v2', 'v3']);
  });

  it('takes first from whoever holds most above its weight, until that is level', () => {
    expect(keys(exitOrder([...b, ...a, ...c], [operator('a', 3), operator('b', 2), operator('c', 1)], SIZE))).toEqual(
      ['v1', 'v2', 'v4', 'v3', 'v5', 'v6'], // prettier-ignore
    );
  });

  it('goes before that by exit thresholds, before those by soft targets, and first by forced ones', () => {
    const order = (change: Partial<Burdened>): string[] =>
      keys(exitOrder([...a, ...b, ...c], [operator('a', 3), operator('b', 2), operator('c', 1, change)], SIZE));
    expect(order({ exitThresholdBps: 0 })[0]).toBe('v6');
    expect(order({ target: { kind: 'soft', stake: 0n } })[0]).toBe('v6');
    const all = [
      operator('a', 3, { exitThresholdBps: 0 }),
      operator('b', 2, { target: { kind: 'soft', stake: SIZE } }),
      operator('c', 1, { target: { kind: 'forced', stake: 0n } }),
    ];
    expect(keys(exitOrder([...a, ...b, ...c], all, SIZE)).slice(0, 3)).toEqual(['v6', 'v4', 'v1']);
    const gone = [operator('a', 3), operator('b', 2, { mustLeave: true }), operator('c', 1)];
    expect(keys(exitOrder([...a, ...b, ...c], gone, SIZE)).slice(0, 2)).toEqual(['v4', 'v5']);
  });

  const arbitrary = fc
    .tuple(
      fc.array(fc.constantFrom('a', 'b', 'c', null), { maxLength: 12 }),
      fc.array(
        fc.record({
          weight: fc.integer({ min: 1, max: 300 }),
          exitThresholdBps: fc.integer({ min: 0, max: 10_000 }),
          mustLeave: fc.boolean(),
          target: fc.option(
            fc.record({ kind: fc.constantFrom('soft' as const, 'forced' as const), stake: fc.bigInt(0n, 6n).map((n) => n * SIZE) }),
          ),
        }),
        { minLength: 3, maxLength: 3 },
      ),
    )
    .map(([owners, traits]) => ({
      list: owners.flatMap((owner, i) => validators(owner, i)),
      operators: ['a', 'b', 'c'].map((id, i) => operator(id, owners.filter((owner) => owner === id).length, traits[i] ?? {})),
    }));

  it('counts what is leaving for the thresholds of those who stay', () => {
    const heavy = { exitThresholdBps: 5_000, weight: 10_000 };
    const list = [...validators('a', 1, 2, 3, 4, 5), ...validators('b', 6), ...validators('c', 7, 8)];
    const order = (leaving: bigint): string[] =>
      keys(exitOrder(list, [operator('a', 5, heavy), operator('b', 1, { weight: 1 }), operator('c', 2, { weight: 1, leaving })], SIZE));
    expect(order(0n)[0]).toBe('v1'); // five of eight
    expect(order(2n * SIZE)[0]).toBe('v7'); // five of ten
  });

  it('holds everybody once, does not depend on the order given, and keeps the age within one operator', () => {
    fc.assert(
      fc.property(arbitrary, ({ list, operators }) => {
        const order = exitOrder(list, operators, SIZE);
        expect(keys(order).sort()).toEqual(keys(list).sort());
        expect(keys(exitOrder([...list].reverse(), [...operators].reverse(), SIZE))).toEqual(keys(order));
        for (const id of ['a', 'b', 'c', null]) {
          const own = order.filter(({ operatorId }) => operatorId === id).map(({ index }) => Number(index));
          expect(own).toEqual([...own].sort((x, y) => x - y));
        }
      }),
    );
  });

  it('lets nobody stay above a forced target while another leaves who is at none', () => {
    fc.assert(
      fc.property(arbitrary, ({ list, operators }) => {
        const held = new Map(operators.map(({ id, stake }) => [id, stake]));
        const above = (id: string | null): boolean => {
          const own = operators.find((each) => each.id === id);
          if (!own || id === null) return false;
          const stake = held.get(id) ?? 0n;
          return own.mustLeave ? stake > 0n : own.target?.kind === 'forced' && stake > own.target.stake;
        };
        for (const { operatorId, stake } of exitOrder(list, operators, SIZE)) {
          if (operators.some(({ id }) => above(id))) expect(above(operatorId)).toBe(true);
          if (operatorId !== null) held.set(operatorId, (held.get(operatorId) ?? 0n) - stake);
        }
      }),
    );
  });
});
