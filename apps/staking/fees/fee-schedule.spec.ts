import fc from 'fast-check';
import { feeOf, inForce, nextFee, STANDARD, type Fee } from './fee-schedule.js';

const day = (n: number): Date => new Date(Date.UTC(2026, 0, n));
const fee = (tier: string, version: number, commissionBps: number, from: number): Fee => ({
  tier,
  version,
  commissionBps,
  effectiveAt: day(from),
});
const fees = [fee(STANDARD, 1, 1_000, 1), fee('private', 1, 500, 5), fee(STANDARD, 2, 800, 10), fee('private', 2, 900, 20)];
const paid = (tier: string, on: number): number => feeOf(new Map([...inForce(fees, day(on))].map(([t, f]) => [t, f.commissionBps])), tier);

it('charges what is in force on the day, and never more than the standard tier', () => {
  expect([1, 4, 5, 10, 20].map((on) => paid('private', on))).toEqual([1_000, 1_000, 500, 500, 800]);
  expect([1, 9, 10].map((on) => paid(STANDARD, on))).toEqual([1_000, 1_000, 800]);
  expect(paid('never announced', 30)).toBe(800);
});

it('changes neither the past nor what was announced, and raises no tier above the standard one', () => {
  const wish = (tier: string, commissionBps: number, from: number) =>
    nextFee(fees, { tier, commissionBps, effectiveAt: day(from) }, day(15));
  expect(wish(STANDARD, 700, 14)).toMatchObject({ refusal: { code: 'fee.in_the_past' } });
  expect(wish('private', 700, 19)).toMatchObject({ refusal: { code: 'fee.later_one_set' } });
  expect(wish('private', 801, 21)).toMatchObject({ refusal: { code: 'fee.above_standard' } });
  expect(wish(STANDARD, 700, 15)).toMatchObject({ ok: true, value: { version: 3 } });
  expect(wish('fund', 0, 15)).toMatchObject({ ok: true, value: { version: 1, commissionBps: 0 } });
});

it('never lets a tier pay more than the standard one, whatever was announced', () => {
  const some = fc.array(
    fc.record({
      tier: fc.constantFrom(STANDARD, 'a', 'b'),
      commissionBps: fc.integer({ min: 0, max: 10_000 }),
      effectiveAt: fc.integer({ min: 1, max: 60 }).map(day),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(some, fc.integer({ min: 1, max: 60 }), (wishes, on) => {
      const known: Fee[] = [fee(STANDARD, 1, 1_000, 1)];
      for (const wish of wishes) {
        const next = nextFee(known, wish, day(1));
        if (next.ok) known.push(next.value);
      }
      const bps = new Map([...inForce(known, day(on))].map(([t, f]) => [t, f.commissionBps]));
      for (const tier of ['a', 'b', 'c']) expect(feeOf(bps, tier)).toBeLessThanOrEqual(feeOf(bps, STANDARD));
    }),
  );
});
