import fc from 'fast-check';
import { amount, delta, ZERO } from '#kernel';
import { compare } from './confirmation.js';
import { evidenceOf } from './evidence.js';
import { carriedAfter, commissionBound, simulate, type Limits, type Observed } from './limits.js';
import { rewardCeiling } from './plausibility.js';
import type { Observation } from './report.js';

const ETH = 10n ** 18n;
const DAY = 86_400n;
const limits: Limits = {
  ...{ maxRiseBps: 100, maxFallBps: 10, maxAnnualBps: 5_000, maxBelowHighWaterBps: 20, maxPeriods: 7 },
  ...{ maxDutiesBps: 1_500, maxProposal: ETH / 4n, maxBlock: 10n * ETH, confirmLoss: false },
};
const observation = (reward: bigint, more: Partial<Observation> = {}): Observation => ({
  pubkey: '0x01',
  opening: amount(32n * ETH),
  closing: amount(32n * ETH + reward),
  withdrawn: ZERO,
  deposited: ZERO,
  consolidatedIn: ZERO,
  consolidatedOut: ZERO,
  reward: delta(reward),
  emptied: false,
  ...more,
});
const of = (reward: bigint, more: Partial<Observed> = {}) =>
  simulate({
    observations: [observation(reward)],
    execution: { priorityFees: ZERO, mev: ZERO },
    largestBlock: ZERO,
    principal: amount(32n * ETH),
    seconds: DAY,
    periods: 1n,
    commissionBps: 1_000,
    lossCarried: ZERO,
    trailing: { reward: 0n, exposure: 0n },
    sources: { asked: 1, differing: 0 },
    poolHeld: false,
    limits,
    ...more,
  });
const fees = (priorityFees: bigint, mev = 0n) => ({ priorityFees: amount(priorityFees), mev: amount(mev) });

describe('the limits', () => {
  it('pass what a validator earns', () => {
    const day = (32n * ETH * 3n) / 100n / 365n;
    expect(of(day)).toMatchObject({ reward: day, commission: day / 10n, exceeded: [], annualBps: 300n });
    expect(of(0n)).toMatchObject({ exceeded: [], commission: 0n });
    expect(of(-day, { execution: fees(day, day) })).toMatchObject({ reward: day, exceeded: [] });
  });

  it('hold a rise, a fall and a pace that is beyond them, at the exact unit', () => {
    const rise = (32n * ETH) / 100n;
    expect(of(rise, { seconds: 365n * DAY }).exceeded).toEqual([]);
    expect(of(rise + 1n, { seconds: 365n * DAY }).exceeded).toEqual(['rise']);
    const fall = (32n * ETH) / 1_000n;
    expect(of(-fall)).toMatchObject({ exceeded: [], commission: 0n });
    expect(of(-fall - 1n).exceeded).toEqual(['fall']);
    expect(of(rise).exceeded).toEqual(['annualised']);
    expect(of(rise * 2n).exceeded).toEqual(['rise', 'annualised', 'validator_reward']);
  });

  it('measure the pace over the trailing window, so that one lucky day passes and many small ones do not', () => {
    const lucky = (32n * ETH * 14n) / 10_000n;
    expect(of(lucky).exceeded).toEqual(['annualised']);
    expect(of(lucky, { trailing: { reward: 29n * 10n ** 15n, exposure: 29n * DAY * 32n * ETH } }).exceeded).toEqual([]);
    expect(of(10n ** 15n, { trailing: { reward: 32n * lucky, exposure: 29n * DAY * 32n * ETH } }).exceeded).toEqual(['annualised']);
  });

  it('hold everything of a pool that is held', () => {
    expect(of(0n, { poolHeld: true }).exceeded).toEqual(['pool_held']);
  });

  it('hold a reward without a principal', () => {
    expect(of(1n, { principal: ZERO }).exceeded).toEqual(['rise', 'annualised']);
    expect(of(0n, { principal: ZERO, observations: [] }).exceeded).toEqual([]);
  });

  it('measure how far falls bring the pool below its high-water mark, each of which is small', () => {
    const fall = (32n * ETH * 9n) / 10_000n;
    expect(of(-fall, { lossCarried: amount(fall) })).toMatchObject({ exceeded: [], lossCarried: 2n * fall });
    expect(of(-fall, { lossCarried: amount(2n * fall) })).toMatchObject({ exceeded: ['high_water'] });
    expect(of(1n, { lossCarried: amount(9n * fall) })).toMatchObject({ exceeded: [], lossCarried: 9n * fall - 1n });
  });

  it('hold a report that makes up for too many periods, and a block that paid too much', () => {
    expect(of(0n, { periods: 7n }).exceeded).toEqual([]);
    expect(of(0n, { periods: 8n }).exceeded).toEqual(['long_period']);
    expect(of(0n, { largestBlock: amount(10n * ETH + 1n) }).exceeded).toEqual(['block_reward']);
  });

  it('know what a validator can have earned at most, and hold a balance that cannot be', () => {
    const ceiling = rewardCeiling(observation(0n), DAY, limits);
    const many = { principal: amount(32_000n * ETH) };
    expect(of(ceiling, many).exceeded).toEqual([]);
    expect(of(ceiling + 1n, many)).toMatchObject({ exceeded: ['validator_reward'] });
    const hidden = [observation(10n * ETH), observation(-10n * ETH, { pubkey: '0x02' })];
    const seen = of(0n, { ...many, observations: hidden });
    expect(seen).toMatchObject({ reward: 0n, exceeded: ['validator_reward'] });
    expect(seen.readings.find((r) => r.limit === 'validator_reward')).toMatchObject({
      pubkey: '0x01',
      value: String(10n * ETH),
      threshold: String(ceiling),
    });
    const giant = observation(0n, { opening: amount(2_100n * ETH), closing: amount(2_100n * ETH) });
    expect(of(0n, { principal: amount(2_100n * ETH), observations: [giant] }).exceeded).toEqual(['balance_impossible']);
    const toppedUp = observation(0n, { deposited: amount(2_000n * ETH), closing: amount(2_032n * ETH) });
    expect(of(0n, { observations: [toppedUp] }).exceeded).toEqual([]);
  });

  it('believe nobody alone about a loss, also where rewards of others hide it', () => {
    const alone = { ...limits, confirmLoss: true };
    expect(of(-1n, { limits: alone })).toMatchObject({ exceeded: ['loss_unconfirmed'] });
    expect(of(-1n, { limits: alone, sources: { asked: 2, differing: 0 } })).toMatchObject({ exceeded: [] });
    expect(of(-1n, { limits: alone, sources: { asked: 2, differing: 1 } })).toMatchObject({ exceeded: ['sources_differ'] });
    expect(of(0n, { limits: alone })).toMatchObject({ exceeded: [] });
    const slashed = [observation(ETH / 100n), observation(-ETH / 30n, { pubkey: '0x02' }), observation(ETH / 30n, { pubkey: '0x03' })];
    expect(of(0n, { limits: { ...alone, maxAnnualBps: 10_000 }, principal: amount(960n * ETH), observations: slashed }).exceeded).toEqual([
      'loss_unconfirmed',
    ]);
  });
});

it('commission is at most its rate of a positive reward; what is carried is what rewards have not made good', () => {
  fc.assert(
    fc.property(
      fc.bigInt(-(10n ** 30n), 10n ** 30n),
      fc.bigInt(0n, 10n ** 30n),
      fc.integer({ min: 0, max: 10_000 }),
      (reward, carried, bps) => {
        const bound = commissionBound(reward, bps);
        expect(bound * 10_000n <= (reward > 0n ? reward : 0n) * BigInt(bps)).toBe(true);
        // staking charges what is above the mark: never more
        const above = reward - carried;
        expect(commissionBound(above, bps) <= bound).toBe(true);
        const after = carriedAfter(amount(carried), reward);
        expect(after === 0n || after === carried - reward).toBe(true);
      },
    ),
  );
});

describe('sources held against each other', () => {
  const one = observation(-5n);
  it('agree when they say the same of each validator, to the last unit', () => {
    expect(compare([[one], [{ ...one }]])).toEqual({ asked: 2, compared: 1, differing: [] });
    expect(compare([[one]])).toEqual({ asked: 1, compared: 0, differing: [] });
  });
  it('differ by one unit, by an emptied mark and by a validator that one does not know', () => {
    expect(compare([[one], [observation(-4n)]]).differing).toEqual([
      { pubkey: '0x01', closing: [String(32n * ETH - 5n), String(32n * ETH - 4n)], withdrawn: ['0', '0'], reward: ['-5', '-4'] },
    ]);
    expect(compare([[one], [{ ...one, emptied: true }]]).differing).toHaveLength(1);
    expect(compare([[one], []]).differing).toMatchObject([{ reward: ['-5', 'unknown'] }]);
  });
});

it('evidence names those that are far from the rest', () => {
  const observations = Array.from({ length: 30 }, (_, i) =>
    observation(i === 17 ? -ETH : ETH / 100n, { pubkey: `0x${i.toString(16).padStart(2, '0')}` }),
  );
  const evidence = evidenceOf({
    simulation: of(0n, { observations }),
    observations,
    seconds: DAY,
    confirmation: { asked: 1, compared: 0, differing: [] },
    trailing: { reward: 0n, exposure: 0n },
    trailingDays: 30,
    lossCarried: 0n,
    commissionBps: 1_000,
  });
  expect(evidence.outliers).toHaveLength(10);
  expect(evidence.outliers[0]).toMatchObject({ pubkey: '0x11', reward: String(-ETH) });
  expect(evidence).toMatchObject({ median_annual_bps: '1141', sources: { asked: 1, agree: null }, trailing: { annual_bps: null } });
});
