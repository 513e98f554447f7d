import fc from 'fast-check';
import { amount } from '#kernel';
import { nothingYet } from './happenings.spec-support.js';
import { MINIMUM_SHARES, valueOf } from './pool.js';
import { ETH, Simulation } from './simulation.spec-support.js';

const clients = ['ada', 'bo', 'cy', 'di', 'ed'];
const client = fc.constantFrom(...clients);

type Step = (s: Simulation) => void | Promise<void>;
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(client, fc.bigInt({ min: 10n ** 14n, max: 40n * ETH })).map(
      ([c, units]): Step =>
        (s) =>
          s.stake(c, units),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(client, fc.bigInt({ min: 1n, max: 100n })).map(
      ([c, part]): Step =>
        (s) =>
          s.unstake(c, part),
    ),
  },
  { weight: 4, arbitrary: fc.constant<Step>((s) => s.allocate()) },
  {
    weight: 4,
    arbitrary: fc.bigInt({ min: 1n, max: 30n }).map(
      (eth): Step =>
        (s) =>
          s.allocate(amount(eth * ETH)),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.integer({ min: 0, max: 9 }).map(
      (n): Step =>
        (s) =>
          s.stand(n > 0),
    ),
  },
  { weight: 3, arbitrary: fc.constant<Step>((s) => s.activate()) },
  { weight: 3, arbitrary: fc.constant<Step>((s) => s.askPrincipal()) },
  { weight: 2, arbitrary: fc.constant<Step>((s) => s.askMerger()) },
  { weight: 1, arbitrary: fc.constant<Step>((s) => s.settleAll()) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.array(fc.bigInt({ min: -3n * 10n ** 15n, max: 4n * 10n ** 15n }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 9 }),
        fc.record({
          fees: fc.oneof({ weight: 2, arbitrary: fc.constant(0n) }, { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: 10n ** 15n }) }),
          mev: fc.oneof({ weight: 4, arbitrary: fc.constant(0n) }, { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 10n ** 17n }) }),
          gift: fc.oneof({ weight: 9, arbitrary: fc.constant(0n) }, { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: ETH }) }),
          giftMerged: fc.boolean(),
          merge: fc.boolean(),
          permitted: fc.constantFrom(0n, 32n * ETH),
        }),
      )
      .map(([rewards, sweep, leave, extra]): Step => async (s) => {
        const before = { value: valueOf(s.pool), shares: s.pool.shares };
        const applied = await s.report(rewards, sweep, leave > 7 ? leave - 7 : 0, extra);
        const after = { value: valueOf(s.pool), shares: s.pool.shares };
        // A3: only a loss makes a share worth less, never a client's act. Too few shares have no price.
        if (applied && applied.reward >= 0n && before.shares >= MINIMUM_SHARES && after.shares >= MINIMUM_SHARES) {
          if (after.value * before.shares < before.value * after.shares) throw new Error('A3: a share lost value without a loss');
        }
      }),
  },
);

describe('a pool over random deposits, exits, reports, sweeps and small losses', () => {
  it('keeps A1, A2, A3, A4, A5 and A8 to the last unit after every step', async () => {
    let taken = 0;
    const seen = nothingYet();
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 60, maxLength: 140 }), fc.integer({ min: 0, max: 10_000 }), async (list, bps) => {
        const s = new Simulation(bps);
        for (const step of list) {
          await step(s);
          s.check();
          taken++;
        }
        for (const name of Object.keys(seen) as (keyof typeof seen)[]) seen[name] += s.seen[name];
      }),
      { numRuns: 200, interruptAfterTimeLimit: 30_000, markInterruptAsFailure: true },
    );
    expect(taken).toBeGreaterThan(10_000);
    expect(Object.entries(seen).filter(([, times]) => times < 10)).toEqual([]); // it all happened
  });

  it('lets everybody leave with nothing stranded, whatever happened before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 20, maxLength: 80 }), async (list) => {
        const s = new Simulation();
        for (const step of list) await step(s);
        while (s.batches.some((b) => !b.topUp)) {
          s.stand(true);
          s.activate();
        }
        await s.report([10n ** 15n], 1, 0);
        await s.report([10n ** 15n], 1, 0);
        // twice: a top-up that a report saw late has minted after the first time
        for (let time = 0; time < 2; time++) {
          for (const c of clients) s.unstake(c, 100n);
          await s.report([10n ** 15n], 1, 0);
          await s.report([0n], 1, 1_000_000);
        }
        s.settleAll();
        s.check();
        if (s.entries.length === 0 && s.batches.length === 0 && s.frozen.fill === 0n) {
          expect(s.exits.waiting).toEqual([]);
          expect(s.pool.shares).toBe(0n);
          expect(s.pool.collected).toBe(s.pool.credited); // every credited reward is payable
          expect(s.pool.buffer).toBe(valueOf(s.pool)); // what rounding and A5 left behind, and no more
        }
      }),
      { numRuns: 120, interruptAfterTimeLimit: 30_000, markInterruptAsFailure: true },
    );
  });
});
