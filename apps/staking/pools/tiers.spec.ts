import { amount, shares } from '#kernel';
import { bringUp, changeTier, chargeCompound, chargePayout, feeFor, freshHolder, indexIn, raiseAll, type Tier } from './tiers.js';

const ETH = 10n ** 18n;
const tier = (name: string, eth: bigint): Tier => ({ tier: name, shares: shares(eth * ETH), rewardIndex: 0n, indexRemainder: 0n });
const pool = { mode: 'payout' as const, shares: shares(40n * ETH), tiers: [tier('gold', 10n), tier('standard', 30n)] };
const fees = new Map([
  ['standard', 1_000],
  ['gold', 400],
]);
const owed = (of: Pick<typeof pool, 'tiers'>, name: string, eth: bigint): bigint => (indexIn(of, name) * eth * ETH) / 10n ** 27n;

describe('tiers of a pool', () => {
  it('pay each their own commission of their own part (payout)', () => {
    const charged = chargePayout(pool, amount(4_000n), fees);
    expect(charged).toMatchObject({ commission: 300n + 40n, indexed: 3_660n, compounded: 0n });
    expect([owed(charged.pool, 'standard', 30n), owed(charged.pool, 'gold', 10n)]).toEqual([2_700n, 960n]);
  });

  it('get back what they pay less, and only they (compound)', () => {
    const charged = chargeCompound(pool, amount(4_000n), fees);
    expect(charged).toMatchObject({ compounded: 3_600n, indexed: 60n, commission: 340n });
    expect([owed(charged.pool, 'standard', 30n), owed(charged.pool, 'gold', 10n)]).toEqual([0n, 60n]);
  });

  it('get back nothing for shares that wait to leave', () => {
    const waiting = { ...pool, shares: shares(80n * ETH) };
    expect(chargeCompound(waiting, amount(4_000n), fees)).toMatchObject({ compounded: 3_600n, indexed: 30n, commission: 370n });
  });

  it('never pay more than the standard tier', () => {
    expect(feeFor(new Map([...fees, ['gold', 5_000]]), 'gold')).toBe(1_000);
    expect(feeFor(fees, 'nobody knows')).toBe(1_000);
  });

  it('share out all of a carried reward, the odd unit by name', () => {
    const even = { tiers: [tier('gold', 1n), tier('standard', 1n)] };
    const raised = raiseAll(even, amount(3n));
    expect([owed(raised, 'gold', 1n), owed(raised, 'standard', 1n)]).toEqual([2n, 1n]);
  });

  it('let a client change without charging the past anew', () => {
    const before = { ...freshHolder(pool, 'ada', 'standard'), shares: shares(30n * ETH) };
    const { pool: after } = chargePayout(pool, amount(4_000n), fees);
    const moved = changeTier(after, before, 'gold');
    expect(moved).toMatchObject({ paid: 2_700n, holder: { tier: 'gold' } });
    expect(moved.pool.tiers.map((t) => t.shares)).toEqual([40n * ETH, 0n]);
    expect(bringUp(moved.pool, moved.holder).paid).toBe(0n);
  });

  it('keep rebates with the holder until they are paid', () => {
    const { pool: after } = chargeCompound(pool, amount(4_000n), fees);
    const ada = { ...freshHolder(pool, 'ada', 'gold'), shares: shares(10n * ETH) };
    const { holder, paid } = bringUp({ ...after, mode: 'compound' }, ada);
    expect(paid).toBe(0n);
    expect(holder.remainder / 10n ** 27n).toBe(60n);
  });
});
