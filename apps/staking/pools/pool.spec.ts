import { amount, delta } from '#kernel';
import { NO_COVER } from '../losses/waterfall.js';
import { accruedOf } from '../settlement/holder.js';
import { priceOf, valueOf } from './pool.js';
import { openReport, type Known } from './report.js';
import { NO_EXECUTION, type Observation, type PoolValidator } from './rewards.js';
import { ETH, Simulation } from './simulation.spec-support.js';
import { indexIn } from './tiers.js';

/** One validator, filled by two, and its shares minted. */
async function filled(): Promise<Simulation> {
  const s = new Simulation();
  s.stake('ada', 5n * ETH);
  s.stake('bo', 27n * ETH);
  s.allocate();
  s.stand(true);
  s.activate();
  await s.report([0n], 1, 0);
  return s;
}

const knownOf = (s: Simulation): Known => ({
  ...{ validators: s.validators, entries: [], topUps: [], mergers: s.mergers, askedOf: s.asked, lossPermitted: amount(0n) },
  ...{ fees: new Map([['standard', 1_000]]), covers: NO_COVER, largest: amount(2_048n * ETH) },
});
const indexOf = (s: Simulation): bigint => indexIn(s.pool, 'standard');

/** A period in which nothing happened. */
function seen(v: PoolValidator | undefined): Observation {
  const none = amount(0n);
  const booked = v?.booked ?? none;
  const moved = { withdrawn: none, deposited: none, consolidatedIn: none, consolidatedOut: none };
  return { pubkey: v?.pubkey ?? '', opening: booked, closing: booked, ...moved, reward: delta(0n), emptied: false };
}

describe('a pool', () => {
  it('mints at the first report that contains the validator, one to one when it is the first', async () => {
    const s = await filled();
    expect(s.pool).toMatchObject({ assets: 32n * ETH, shares: 32n * ETH });
    expect(indexOf(s)).toBe(0n);
    expect(s.holder('ada').shares).toBe(5n * ETH);
  });

  it('pays rewards by share, commission apart, the fraction kept', async () => {
    const s = await filled();
    await s.report([1_000_000_000_000_001n], 1, 0);
    expect(s.commission).toBe(100_000_000_000_000n); // floor: the odd unit is the clients'
    const net = 900_000_000_000_001n;
    expect(accruedOf(s.holder('ada'), indexOf(s))).toBe((net * 5n) / 32n);
    s.settleAll();
    s.check();
    expect(
      s.book.balance('client.rewards', 'ada') + s.book.balance('client.rewards', 'bo') + s.book.balance('pool.rewards_payable', s.pool.id),
    ).toBe(net);
  });

  it('recovers a loss before it pays or charges anything again', async () => {
    const s = await filled();
    await s.report([-(10n ** 15n)], 1, 0);
    expect(valueOf(s.pool)).toBe(32n * ETH - 10n ** 15n);
    await s.report([6n * 10n ** 14n], 1, 0);
    expect(s.commission).toBe(0n);
    expect(indexOf(s)).toBe(0n);
    await s.report([6n * 10n ** 14n], 1, 0);
    expect(s.pool.lossCarried).toBe(0n);
    expect(s.commission).toBe(2n * 10n ** 13n); // a tenth of what is above the mark
    s.check();
  });

  it('pays a leaver the lesser of the nominal and the value when it is paid (a loss in between)', async () => {
    const s = await filled();
    s.unstake('ada', 100n);
    await s.report([0n], 1, 0);
    expect(s.exits.waiting[0]?.nominal).toBe(5n * ETH);
    await s.report([-(32n * 10n ** 15n)], 1, 0); // a thousandth
    const paid = await s.report([0n], 1, 1);
    expect(paid?.paid[0]?.amount).toBe(5n * ETH - 5n * 10n ** 15n);
    s.check();
  });

  it('lets who leaves take the loss that was borne, at the same price: nobody who comes later is spared a commission by it', async () => {
    const s = await filled();
    s.unstake('bo', 100n); // 27 of 32
    await s.report([0n], 1, 0);
    await s.report([-(32n * 10n ** 15n)], 1, 0); // a thousandth
    const before = priceOf(s.pool);
    await s.report([0n], 1, 1);
    const after = priceOf(s.pool);
    expect(after.value * before.shares).toBe(before.value * after.shares);
    expect(s.pool).toMatchObject({ lossCarried: 5n * 10n ** 15n, assets: 5n * ETH });
    s.stake('cy', 32n * ETH);
    s.allocate();
    s.stand(true);
    s.activate();
    await s.report([0n], 1, 0);
    await s.report([6n * 10n ** 15n], 1, 0); // what is missing of ada's and a thousandth of an ETH more
    expect([s.pool.lossCarried, s.commission]).toEqual([0n, 10n ** 14n]);
    s.check();
  });

  it('lets a fixed exit earn nothing: the rewards are for those who stay', async () => {
    const s = await filled();
    s.unstake('ada', 100n);
    await s.report([32_000n], 1, 0); // still an opening share: earns
    const before = s.book.balance('client.rewards', 'ada');
    expect(before).toBe(4_500n);
    await s.report([27_000n], 1, 0);
    expect(s.holder('ada').shares).toBe(0n);
    s.settleAll();
    expect(s.book.balance('client.rewards', 'ada')).toBe(before);
    expect(s.book.balance('client.rewards', 'bo')).toBe(24_300n + 24_300n);
  });

  it('pays exits strictly first in, first out', async () => {
    const s = await filled();
    s.unstake('bo', 100n);
    s.unstake('ada', 100n);
    await s.report([0n], 1, 0);
    // would reach for the second, but not for the first
    expect(await s.exits.finalise(priceOf(s.pool), amount(6n * ETH), null)).toEqual([]);
    expect(await s.exits.finalise(priceOf(s.pool), amount(31n * ETH), null)).toMatchObject([{ setAside: 27n * ETH }]);
  });

  it('carries a reward while nobody holds enough shares, and pays it to the first who do', async () => {
    const s = new Simulation();
    s.stake('ada', 32n * ETH);
    s.allocate();
    s.stand(true);
    s.activate();
    await s.report([10_000n], 1, 0);
    expect(s.pool.carriedReward).toBe(9_000n);
    await s.report([1_000n], 1, 0);
    expect(s.pool.carriedReward).toBe(0n);
    s.settleAll();
    s.check();
    expect(s.book.balance('client.rewards', 'ada')).toBe(9_900n);
  });

  it('holds a loss that the shares cannot carry', async () => {
    const s = new Simulation();
    s.stake('ada', 32n * ETH);
    s.allocate();
    s.stand(true);
    s.activate();
    expect(await s.report([-1n], 1, 0)).toBeNull();
    expect(await s.report([-2n], 1, 0, { permitted: 1n })).toBeNull();
  });

  it('lets those carry it who enter with it, when people decided so, and recovers it from later rewards', async () => {
    const s = new Simulation();
    s.stake('ada', 32n * ETH);
    s.allocate();
    s.stand(true);
    s.activate();
    await s.report([-(10n ** 15n)], 1, 0, { permitted: 10n ** 15n });
    s.check();
    expect(s.worth(s.holder('ada').shares)).toBe(32n * ETH - 10n ** 15n);
    await s.report([10n ** 15n + 1_000n], 1, 0);
    s.check();
    expect([s.worth(s.holder('ada').shares), s.commission]).toEqual([32n * ETH, 100n]);
  });

  it('lets execution rewards recover what consensus rewards could not, takes commission once, and has them in hand at once', async () => {
    const s = await filled();
    await s.report([-1_000n], 1, 0);
    await s.report([400n], 1, 0, { fees: 500n, mev: 1_100n });
    expect(s.pool).toMatchObject({ lossCarried: 0n, buffer: 600n + 400n - 400n, credited: 1_000n, collected: 1_000n });
    expect(s.commission).toBe(100n);
    s.check();
  });

  it('takes of a validator that lives on as principal what was asked for as principal, the rest as reward', async () => {
    const s = await filled();
    s.stake('ada', 10n * ETH);
    s.allocate(amount(10n * ETH));
    await s.report([1_000n], 2, 0); // applied: 42 ETH and a reward in the validator
    expect(s.validators[0]).toMatchObject({ principal: 42n * ETH });
    expect(s.pool.assets).toBe(42n * ETH);
    s.askPrincipal();
    await s.report([0n], 1, 0);
    expect(s.validators[0]).toMatchObject({ principal: 32n * ETH });
    expect(s.pool.buffer).toBe(10n * ETH);
    s.check();
  });

  it('counts what a stranger puts into a validator as reward', async () => {
    const s = await filled();
    expect(await s.report([0n], 1, 0, { gift: ETH })).toMatchObject({ reward: ETH, given: [{ amount: ETH }] });
    s.check();
  });

  it('moves stake from one validator into another: nobody gains or loses by it, what does not count of the source comes out', async () => {
    const s = await filled();
    s.stake('ada', 32n * ETH);
    s.allocate();
    s.stand(true);
    s.activate();
    await s.report([3_000n, 1_000n], 3, 0);
    const before = s.pool;
    s.askMerger();
    await s.report([0n], 1, 0, { merge: true });
    const [target, source] = s.validators;
    expect(target).toMatchObject({ principal: 64n * ETH, booked: 64n * ETH });
    expect(source).toMatchObject({ principal: 0n, booked: 0n, emptied: true });
    expect(s.pool).toMatchObject({ assets: before.assets, shares: before.shares, buffer: before.buffer, credited: before.credited });
    expect(s.pool.collected).toBe(s.pool.credited);
    s.check();
  });

  it('takes for a gift what a stranger merges into a validator, and refuses stake that went where nobody sent it', async () => {
    const s = await filled();
    expect(await s.report([0n], 1, 0, { gift: ETH, giftMerged: true })).toMatchObject({ reward: ETH, given: [{ amount: ETH }] });
    s.check();
    const [v] = s.validators;
    const out = { ...seen(v), closing: amount(0n), consolidatedOut: v?.booked ?? amount(0n), emptied: true };
    const result = openReport(s.pool, { number: 3, validators: [out], execution: NO_EXECUTION }, knownOf(s));
    expect(result).toMatchObject({ ok: false, refusal: { code: 'report.merger_unknown' } });
  });

  it('refuses a report out of order, with a foreign or a missing validator, or that does not add up', async () => {
    const s = await filled();
    const booked = s.validators[0]?.booked ?? amount(0n);
    const good = seen(s.validators[0]);
    const codeOf = (number: number, ...validators: (typeof good)[]): string | null => {
      const result = openReport(s.pool, { number, validators, execution: NO_EXECUTION }, knownOf(s));
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
