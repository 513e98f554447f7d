import fc from 'fast-check';
import type { Candidate } from './allocation.js';
import { shareOf, type Cap } from './caps.js';
import { planMoves, type Holder, type Movable } from './redelegation.js';

const ETH = 10n ** 18n;
const SIZE = 32n * ETH;
const merits = {
  feeBps: 500,
  effectivenessBps: 9_900,
  slaEffectivenessBps: 9_500,
  proposalsBps: null,
  slashings: 0,
  selfBond: 0n,
  assessment: 70,
};
const holder = (id: string, count: number, change: Partial<Holder> = {}, also: Partial<Candidate> = {}): Holder => ({
  candidate: {
    id,
    state: 'active',
    jurisdiction: 'HK',
    clientType: 'lodestar',
    stake: BigInt(count) * SIZE,
    stakeLimitBps: 4_000,
    target: change.forcedTarget ?? null,
    contractRuns: true,
    assessed: true,
    slashedNow: 0,
    unverifiedMediums: 0,
    merits,
    ...also,
  },
  leaving: 0n,
  exitThresholdBps: 5_000,
  forcedTarget: null,
  mustLeave: false,
  ...change,
});
const running = (holders: readonly Holder[]): Movable[] =>
  holders.flatMap(({ candidate: { id, stake } }) =>
    Array.from({ length: Number(stake / SIZE) }, (_, i) => ({ pubkey: `${id}${i}`, operatorId: id, stake: SIZE })),
  );
const planOf = (holders: readonly Holder[], caps: readonly Cap[] = [], buffer = 0n) =>
  planMoves(holders, caps, running(holders), SIZE, buffer);

describe('what would move', () => {
  it('is nothing between the stake limit and the exit threshold', () => {
    const holders = [holder('a', 5), holder('b', 3), holder('c', 2)];
    expect(planOf(holders)).toEqual({ leaves: [], joins: new Map(), homeless: 0n });
  });

  it('is what is above the stake limit once the exit threshold is passed', () => {
    const holders = [holder('a', 6), holder('b', 3), holder('c', 1)];
    const plan = planOf(holders);
    expect(plan.leaves).toEqual([{ operatorId: 'a', pubkeys: ['a0', 'a1'], amount: 2n * SIZE, why: 'operator.over_exit_threshold' }]);
    expect(plan.joins.get('c')).toBe(2n * SIZE);
    expect(plan.homeless).toBe(0n);
  });

  it('is all of an operator that must leave, and what is above a forced target', () => {
    const holders = [holder('a', 2, { mustLeave: true }, { state: 'retired' }), holder('b', 2), holder('c', 2, { forcedTarget: SIZE })];
    const plan = planOf(holders);
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
        holder(
          `o${i}`,
          count,
          { exitThresholdBps: Math.max(one, two), mustLeave },
          { stakeLimitBps: Math.min(one, two), state: takes && !mustLeave ? 'active' : 'suspended' },
        ),
      ),
    );
  const sum = (values: Iterable<bigint>): bigint => [...values].reduce((total, value) => total + value, 0n);

  it('neither makes nor loses stake, and fills nobody above its limit', () => {
    fc.assert(
      fc.property(arbitrary, (holders) => {
        const { leaves, joins, homeless } = planOf(holders);
        expect(sum(leaves.map(({ amount }) => amount))).toBe(sum(joins.values()) + homeless);
        const total = sum(holders.map(({ candidate }) => candidate.stake));
        for (const { candidate } of holders) {
          const joined = joins.get(candidate.id) ?? 0n;
          if (joined > 0n)
            expect(candidate.state === 'active' && candidate.stake + joined <= shareOf(total, candidate.stakeLimitBps, SIZE)).toBe(true);
        }
      }),
    );
  });

  const moved = (
    holders: readonly Holder[],
    joins: ReadonlyMap<string, bigint>,
    gone: ReadonlyMap<string, bigint>,
    back: boolean,
  ): Holder[] =>
    holders.map((each) => {
      const { id, stake } = each.candidate;
      const part = gone.get(id) ?? 0n;
      const now = stake - part + (joins.get(id) ?? 0n);
      return { ...each, candidate: { ...each.candidate, stake: now }, leaving: back ? 0n : part };
    });

  it('is nothing more once it was done: what was put right is not put right again', () => {
    fc.assert(
      fc.property(arbitrary, (holders) => {
        const { leaves, joins, homeless } = planOf(holders);
        fc.pre(homeless === 0n);
        const gone = new Map(leaves.map(({ operatorId, amount }) => [operatorId, amount]));
        expect(planOf(moved(holders, joins, gone, true)).leaves).toEqual([]);
      }),
    );
  });

  it('is nothing more while it is being done: what leaves, and then waits in the buffer, puts nobody else above a threshold', () => {
    fc.assert(
      fc.property(arbitrary, (holders) => {
        const { leaves } = planOf(holders);
        const gone = new Map(leaves.map(({ operatorId, amount }) => [operatorId, amount]));
        expect(planOf(moved(holders, new Map(), gone, false)).leaves).toEqual([]);
        expect(planOf(moved(holders, new Map(), gone, true), [], sum(gone.values())).leaves).toEqual([]);
      }),
    );
  });

  it('joins no more than caps allow that several share', () => {
    const holders = [holder('a', 4, { mustLeave: true }, { state: 'retired', jurisdiction: 'CH' }), holder('b', 0), holder('c', 0)];
    const free = holders.map((each) => ({ ...each, candidate: { ...each.candidate, stakeLimitBps: 10_000 } }));
    const plan = planOf(free, [{ scope: 'jurisdiction', subject: 'HK', bps: null, units: String(2n * SIZE) }]);
    expect(sum(plan.joins.values())).toBe(2n * SIZE);
    expect(plan.homeless).toBe(2n * SIZE);
  });
});
