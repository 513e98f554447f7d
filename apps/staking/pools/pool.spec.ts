import fc from 'fast-check';
import { amount, delta } from '#kernel';
import { accruedOf } from '../settlement/holder.js';
import { MINIMUM_SHARES, valueOf } from './pool.js';
import { applyReport, type Queue } from './report.js';
import { NO_EXECUTION } from './rewards.js';
import { ETH, Simulation } from './simulation.spec-support.js';

const clients = ['ada', 'bo', 'cy', 'di', 'ed'];
const client = fc.constantFrom(...clients);

type Step = (s: Simulation) => void;
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
          permitted: fc.constantFrom(0n, 32n * ETH),
        }),
      )
      .map(([rewards, sweep, leave, extra]): Step => (s) => {
        const before = { value: valueOf(s.pool), shares: s.pool.shares };
        const applied = s.report(rewards, sweep, leave > 7 ? leave - 7 : 0, extra);
        const after = { value: valueOf(s.pool), shares: s.pool.shares };
        // A3: only a loss makes a share worth less, never a client's act. Too few shares have no price.
        if (applied && applied.reward >= 0n && before.shares >= MINIMUM_SHARES && after.shares >= MINIMUM_SHARES) {
          if (after.value * before.shares < before.value * after.shares) throw new Error('A3: a share lost value without a loss');
        }
      }),
  },
);

describe('a pool over random deposits, exits, reports, sweeps and small losses', () => {
  it('keeps A1, A2, A3, A4, A5 and A8 to the last unit after every step', () => {
    let taken = 0;
    const seen = { ...new Simulation().seen };
    fc.assert(
      fc.property(fc.array(steps, { minLength: 60, maxLength: 140 }), fc.integer({ min: 0, max: 10_000 }), (list, bps) => {
        const s = new Simulation(bps);
        for (const step of list) {
          step(s);
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

  it('lets everybody leave with nothing stranded, whatever happened before', () => {
    fc.assert(
      fc.property(fc.array(steps, { minLength: 20, maxLength: 80 }), (list) => {
        const s = new Simulation();
        for (const step of list) step(s);
        while (s.batches.some((b) => !b.topUp)) {
          s.stand(true);
          s.activate();
        }
        s.report([10n ** 15n], 1, 0);
        s.report([10n ** 15n], 1, 0);
        for (const c of clients) s.unstake(c, 100n);
        s.report([10n ** 15n], 1, 0);
        s.report([0n], 1, 1_000_000);
        s.settleAll();
        s.check();
        if (s.entries.length === 0 && s.batches.length === 0 && s.frozen.fill === 0n) {
          expect(s.exits).toEqual([]);
          expect(s.pool.shares).toBe(0n);
          expect(s.pool.collected).toBe(s.pool.credited); // every credited reward is payable
          expect(s.pool.buffer).toBe(valueOf(s.pool)); // what rounding and A5 left behind, and no more
        }
      }),
      { numRuns: 120, interruptAfterTimeLimit: 30_000, markInterruptAsFailure: true },
    );
  });
});

/** One validator, filled by two, and its shares minted. */
function filled(): Simulation {
  const s = new Simulation();
  s.stake('ada', 5n * ETH);
  s.stake('bo', 27n * ETH);
  s.allocate();
  s.stand(true);
  s.activate();
  s.report([0n], 1, 0);
  return s;
}

const queueOf = (s: Simulation): Queue => ({
  ...{ validators: s.validators, entries: [], exits: [], holders: s.holders, topUps: [] },
  ...{ askedOf: s.asked, lossPermitted: amount(0n) },
});

describe('a pool', () => {
  it('mints at the first report that contains the validator, one to one when it is the first', () => {
    const s = filled();
    expect(s.pool).toMatchObject({ assets: 32n * ETH, shares: 32n * ETH, rewardIndex: 0n });
    expect(s.holder('ada').shares).toBe(5n * ETH);
  });

  it('pays rewards by share, commission apart, the fraction kept', () => {
    const s = filled();
    s.report([1_000_000_000_000_001n], 1, 0);
    expect(s.commission).toBe(100_000_000_000_000n); // floor: the odd unit is the clients'
    const net = 900_000_000_000_001n;
    expect(accruedOf(s.holder('ada'), s.pool.rewardIndex)).toBe((net * 5n) / 32n);
    s.settleAll();
    s.check();
    expect(
      s.book.balance('client.rewards', 'ada') + s.book.balance('client.rewards', 'bo') + s.book.balance('pool.rewards_payable', s.pool.id),
    ).toBe(net);
  });

  it('recovers a loss before it pays or charges anything again', () => {
    const s = filled();
    s.report([-(10n ** 15n)], 1, 0);
    expect(valueOf(s.pool)).toBe(32n * ETH - 10n ** 15n);
    s.report([6n * 10n ** 14n], 1, 0);
    expect(s.commission).toBe(0n);
    expect(s.pool.rewardIndex).toBe(0n);
    s.report([6n * 10n ** 14n], 1, 0);
    expect(s.pool.lossCarried).toBe(0n);
    expect(s.commission).toBe(2n * 10n ** 13n); // a tenth of what is above the mark
    s.check();
  });

  it('pays a leaver the lesser of the nominal and the value when it is paid (a loss in between)', () => {
    const s = filled();
    s.unstake('ada', 100n);
    const fixed = s.report([0n], 1, 0);
    expect(fixed?.fixed[0]?.nominal).toBe(5n * ETH);
    s.report([-(32n * 10n ** 15n)], 1, 0); // a thousandth
    const paid = s.report([0n], 1, 1);
    expect(paid?.paid[0]?.amount).toBe(5n * ETH - 5n * 10n ** 15n);
    s.check();
  });

  it('lets a fixed exit earn nothing: the rewards are for those who stay', () => {
    const s = filled();
    s.unstake('ada', 100n);
    s.report([32_000n], 1, 0); // still an opening share: earns
    const before = s.book.balance('client.rewards', 'ada');
    expect(before).toBe(4_500n);
    s.report([27_000n], 1, 0);
    expect(s.holder('ada').shares).toBe(0n);
    s.settleAll();
    expect(s.book.balance('client.rewards', 'ada')).toBe(before);
    expect(s.book.balance('client.rewards', 'bo')).toBe(24_300n + 24_300n);
  });

  it('pays exits strictly first in, first out', () => {
    const s = filled();
    s.unstake('bo', 100n);
    s.unstake('ada', 100n);
    s.pool = { ...s.pool, buffer: amount(6n * ETH) }; // would reach for the second, but not for the first
    const result = applyReport(
      s.pool,
      { number: 2, validators: [observed(0n)], execution: NO_EXECUTION },
      { ...queueOf(s), exits: s.exits },
    );
    expect(result).toMatchObject({ ok: true, value: { paid: [] } });

    function observed(reward: bigint) {
      const booked = s.validators[0]?.booked ?? amount(0n);
      return {
        pubkey: s.validators[0]?.pubkey ?? '',
        opening: booked,
        closing: amount(booked + reward),
        withdrawn: amount(0n),
        deposited: amount(0n),
        reward: delta(reward),
        emptied: false,
      };
    }
  });

  it('carries a reward while nobody holds enough shares, and pays it to the first who do', () => {
    const s = new Simulation();
    s.stake('ada', 32n * ETH);
    s.allocate();
    s.stand(true);
    s.activate();
    s.report([10_000n], 1, 0);
    expect(s.pool.carriedReward).toBe(9_000n);
    s.report([1_000n], 1, 0);
    expect(s.pool.carriedReward).toBe(0n);
    s.settleAll();
    s.check();
    expect(s.book.balance('client.rewards', 'ada')).toBe(9_900n);
  });

  it('holds a loss that the shares cannot carry', () => {
    const s = new Simulation();
    s.stake('ada', 32n * ETH);
    s.allocate();
    s.stand(true);
    s.activate();
    expect(s.report([-1n], 1, 0)).toBeNull();
    expect(s.report([-2n], 1, 0, { permitted: 1n })).toBeNull();
  });

  it('lets those carry it who enter with it, when people decided so, and recovers it from later rewards', () => {
    const s = new Simulation();
    s.stake('ada', 32n * ETH);
    s.allocate();
    s.stand(true);
    s.activate();
    s.report([-(10n ** 15n)], 1, 0, { permitted: 10n ** 15n });
    s.check();
    expect(s.worth(s.holder('ada').shares)).toBe(32n * ETH - 10n ** 15n);
    s.report([10n ** 15n + 1_000n], 1, 0);
    s.check();
    expect([s.worth(s.holder('ada').shares), s.commission]).toEqual([32n * ETH, 100n]);
  });

  it('lets execution rewards recover what consensus rewards could not, takes commission once, and has them in hand at once', () => {
    const s = filled();
    s.report([-1_000n], 1, 0);
    s.report([400n], 1, 0, { fees: 500n, mev: 1_100n });
    expect(s.pool).toMatchObject({ lossCarried: 0n, buffer: 600n + 400n - 400n, credited: 1_000n, collected: 1_000n });
    expect(s.commission).toBe(100n);
    s.check();
  });

  it('takes of a validator that lives on as principal what was asked for as principal, the rest as reward', () => {
    const s = filled();
    s.stake('ada', 10n * ETH);
    s.allocate(amount(10n * ETH));
    s.report([1_000n], 2, 0); // applied: 42 ETH and a reward in the validator
    expect(s.validators[0]).toMatchObject({ principal: 42n * ETH });
    expect(s.pool.assets).toBe(42n * ETH);
    s.askPrincipal();
    s.report([0n], 1, 0);
    expect(s.validators[0]).toMatchObject({ principal: 32n * ETH });
    expect(s.pool.buffer).toBe(10n * ETH);
    s.check();
  });

  it('counts what a stranger puts into a validator as reward', () => {
    const s = filled();
    expect(s.report([0n], 1, 0, { gift: ETH })).toMatchObject({ reward: ETH, given: [{ amount: ETH }] });
    s.check();
  });

  it('refuses a report out of order, with a foreign or a missing validator, or that does not add up', () => {
    const s = filled();
    const booked = s.validators[0]?.booked ?? amount(0n);
    const good = {
      pubkey: s.validators[0]?.pubkey ?? '',
      opening: booked,
      closing: booked,
      withdrawn: amount(0n),
      deposited: amount(0n),
      reward: delta(0n),
      emptied: false,
    };
    const codeOf = (number: number, ...validators: (typeof good)[]): string | null => {
      const result = applyReport(s.pool, { number, validators, execution: NO_EXECUTION }, queueOf(s));
      return result.ok ? null : result.refusal.code;
    };
    expect(codeOf(2, good)).toBeNull();
    expect(codeOf(1, good)).toBe('report.out_of_order');
    expect(codeOf(3, good)).toBe('report.out_of_order');
    expect(codeOf(2, good, { ...good, pubkey: 'stranger' })).toBe('report.unknown_validator');
    expect(codeOf(2)).toBe('report.inconsistent');
    expect(codeOf(2, good, good)).toBe('report.inconsistent');
    expect(codeOf(2, { ...good, opening: amount(booked - 1n) })).toBe('report.inconsistent');
    expect(codeOf(2, { ...good, reward: delta(1n) })).toBe('report.inconsistent');
    expect(codeOf(2, { ...good, emptied: true })).toBe('report.inconsistent');
  });
});
