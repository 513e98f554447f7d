import fc from 'fast-check';
import { shareOf } from './caps.js';
import { planMoves, type Holder, type Movable } from './redelegation.js';

const ETH = 10n ** 18n;
const SIZE = 32n * ETH;
const holder = (id: string, count: number, change: Partial<Holder> = {}): Holder => ({
  id,
  stake: BigInt(count) * SIZE,
  stakeLimitBps: 4_000,
  exitThresholdBps: 5_000,
  forcedTarget: null,
  mustLeave: false,
  takes: true,
  ...change,
});
const running = (holders: readonly Holder[]): Movable[] =>
  holders.flatMap(({ id, stake }) =>
    Array.from({ length: Number(stake / SIZE) }, (_, i) => ({ pubkey: `${id}${i}`, operatorId: id, stake: SIZE })),
  );

describe('what would move', () => {
  it('is nothing between the stake limit and the exit threshold', () => {
    const holders = [holder('a', 5), holder('b', 3), holder('c', 2)];
    expect(planMoves(holders, running(holders), SIZE)).toEqual({ leaves: [], joins: new Map(), homeless: 0n });
  });

  it('is what is above the stake limit once the exit threshold is passed', () => {
    const holders = [holder('a', 6), holder('b', 3), holder('c', 1)];
    const plan = planMoves(holders, running(holders), SIZE);
    expect(plan.leaves).toEqual([{ operatorId: 'a', pubkeys: ['a0', 'a1'], amount: 2n * SIZE, why: 'operator.over_exit_threshold' }]);
    expect(plan.joins.get('c')).toBe(2n * SIZE);
    expect(plan.homeless).toBe(0n);
  });

  it('is all of an operator that must leave, and what is above a forced target', () => {
    const holders = [holder('a', 2, { mustLeave: true, takes: false }), holder('b', 2), holder('c', 2, { forcedTarget: SIZE })];
    const plan = planMoves(holders, running(holders), SIZE);
    expect(plan.leaves.map(({ operatorId, pubkeys, why }) => [operatorId, pubkeys.length, why])).toEqual([
      ['a', 2, 'operator.must_leave'],
      ['c', 1, 'operator.over_forced_target'],
    ]);
    expect(plan.joins.get('b')).toBe(SIZE); // its limit is two fifths of six, three validators
    expect(plan.homeless).toBe(2n * SIZE);
  });

  const arbitrary = fc
    .array(
      fc.record({
        count: fc.nat(10),
        marks: fc.tuple(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 10_000 })),
        takes: fc.boolean(),
        mustLeave: fc.constantFrom(false, false, false, true),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((list) =>
      list.map(({ count, marks: [one, two], takes, mustLeave }, i) =>
        holder(`o${i}`, count, {
          stakeLimitBps: Math.min(one, two),
          exitThresholdBps: Math.max(one, two),
          takes: takes && !mustLeave,
          mustLeave,
        }),
      ),
    );
  const sum = (values: Iterable<bigint>): bigint => [...values].reduce((total, value) => total + value, 0n);

  it('neither makes nor loses stake, and fills nobody above its limit', () => {
    fc.assert(
      fc.property(arbitrary, (holders) => {
        const { leaves, joins, homeless } = planMoves(holders, running(holders), SIZE);
        expect(sum(leaves.map(({ amount }) => amount))).toBe(sum(joins.values()) + homeless);
        const total = sum(holders.map(({ stake }) => stake));
        for (const { id, stake, stakeLimitBps, takes } of holders) {
          const joined = joins.get(id) ?? 0n;
          if (joined > 0n) expect(takes && stake + joined <= shareOf(total, stakeLimitBps, SIZE)).toBe(true);
        }
      }),
    );
  });

  it('is nothing more once it was done: what was put right is not put right again', () => {
    fc.assert(
      fc.property(arbitrary, (holders) => {
        const { leaves, joins, homeless } = planMoves(holders, running(holders), SIZE);
        fc.pre(homeless === 0n);
        const gone = new Map(leaves.map(({ operatorId, amount }) => [operatorId, amount]));
        const after = holders.map((each) => ({ ...each, stake: each.stake - (gone.get(each.id) ?? 0n) + (joins.get(each.id) ?? 0n) }));
        expect(planMoves(after, running(after), SIZE).leaves).toEqual([]);
      }),
    );
  });
});
