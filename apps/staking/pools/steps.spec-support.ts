import fc from 'fast-check';
import type { Wish } from './wish.spec-support.js';

/** What may happen to a pool, in memory or in PostgreSQL. */
export interface Played {
  stake(clientId: string, millionths: number): unknown;
  unstake(clientId: string, percent: number): unknown;
  cancel(clientId: string): unknown;
  allocate(): unknown;
  activate(): unknown;
  move(clientId: string, tier: string): unknown;
  cover(to: 'operator-0' | 'operator-1' | 'fund' | 'first', millionths: number): unknown;
  pause(): unknown;
  resume(): unknown;
  report(wish: Wish): unknown;
  pay(most: number): unknown;
  settle(): unknown;
  restart(): unknown;
}
export type Step = readonly [name: string, play: (on: Played) => unknown];

export const people = ['ada', 'bo', 'cy', 'di', 'ed'] as const;
export const tierNames = ['standard', 'gold', 'staff'] as const;
const person = fc.constantFrom(...people);

/** Rewards of ordinary periods, with a loss now and then. */
const wishes: fc.Arbitrary<Wish> = fc.record({
  rewards: fc.oneof(
    { weight: 5, arbitrary: fc.array(fc.integer({ min: -300, max: 2_000 }), { minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.tuple(fc.integer({ min: -1_500, max: -50 })) },
  ),
  dust: fc.integer({ min: 0, max: 999 }),
  executed: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 40_000 }) }),
  sweep: fc.integer({ min: 0, max: 3 }),
  emptied: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 }) }),
  slashed: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 60_000 }) }),
  late: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  netting: fc.boolean(),
  pay: fc.constantFrom(0, 1, 1_000),
});

const one = <T>(weight: number, arbitrary: fc.Arbitrary<T>, name: string, play: (on: Played, value: T) => unknown) => ({
  weight,
  arbitrary: arbitrary.map((value): Step => [`${name} ${JSON.stringify(value)}`, (on) => play(on, value)]),
});
const always = fc.constant(null);

export const steps: fc.Arbitrary<Step> = fc.oneof(
  one(6, fc.tuple(person, fc.integer({ min: 1, max: 40_000_000 })), 'stake', (on, [who, units]) => on.stake(who, units)),
  one(4, fc.tuple(person, fc.integer({ min: 1, max: 100 })), 'unstake', (on, [who, percent]) => on.unstake(who, percent)),
  one(2, person, 'cancel', (on, who) => on.cancel(who)),
  one(5, always, 'allocate', (on) => on.allocate()),
  one(5, always, 'activate', (on) => on.activate()),
  one(2, fc.tuple(person, fc.constantFrom(...tierNames)), 'move', (on, [who, tier]) => on.move(who, tier)),
  one(
    1,
    fc.tuple(fc.constantFrom('operator-0', 'operator-1', 'fund', 'first'), fc.integer({ min: 1, max: 500_000 })),
    'cover',
    (on, [to, units]) => on.cover(to, units),
  ),
  one(
    2,
    fc.array(fc.tuple(person, fc.integer({ min: 5, max: 60 })), { minLength: 2, maxLength: 5 }),
    'leave together',
    async (on, leaving) => {
      for (const [who, percent] of leaving) await on.unstake(who, percent);
    },
  ),
  one(1, always, 'pause', (on) => on.pause()),
  one(3, always, 'resume', (on) => on.resume()),
  one(8, wishes, 'report', (on, wish) => on.report(wish)),
  one(2, fc.constantFrom(1, 2, 1_000), 'pay', (on, most) => on.pay(most)),
  one(1, always, 'settle', (on) => on.settle()),
  one(1, always, 'restart', (on) => on.restart()),
);

export const fees: fc.Arbitrary<ReadonlyMap<string, number>> = fc
  .tuple(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 10_000 }))
  .map(
    ([standard, gold, staff]) =>
      new Map([
        ['standard', standard],
        ['gold', gold],
        ['staff', staff],
      ]),
  );
