import type { Balance } from '#ledger';
import { overviewOf } from './overview.js';
import { wireAmounts } from './overview-view.js';

const owner = '2b1f6f0e-6a0b-4d5e-9c38-0b2a0b41ce5a';
const of = (kind: Balance['kind'], balance: bigint, asset: Balance['asset'] = 'ETH'): Balance => ({ kind, owner, asset, balance });
const ETH = 10n ** 18n;

describe('an overview', () => {
  it('shows a client without an account as one who owns nothing', () => {
    const row = overviewOf([], new Map()).get('ETH');
    expect(row && wireAmounts('ETH', row)).toMatchObject({ available: '0', total: '0', total_atomic: '0' });
  });
  it('names each part, and values shares as of the last report, rounded down', () => {
    const figures = new Map([['eth-payout-1', { poolId: 'eth-payout-1', poolAssets: 31n * ETH, poolShares: 32n * ETH }]]);
    const balances = [
      of('client.available', ETH),
      of('client.reserved', 2n * ETH),
      of('client.staking', 3n * ETH),
      of('client.unbonding', 4n),
      of('client.rewards', 5n),
      of('client.suspense', 6n),
      of('client.shares', 32n * ETH + 1n, 'ETH-PAYOUT-1'),
      of('client.shares_locked', 32n, 'ETH-PAYOUT-1'),
    ];
    const row = overviewOf(balances, figures).get('ETH');
    expect(row).toEqual({
      available: ETH,
      reserved: 2n * ETH,
      activating: 3n * ETH,
      active: 31n * ETH,
      exiting: 31n,
      locked: 4n,
      rewards: 5n,
      in_review: 6n,
    });
    expect(row && wireAmounts('ETH', row)).toMatchObject({
      active: '31',
      exiting_atomic: '31',
      total_atomic: (37n * ETH + 46n).toString(),
    });
  });
  it('takes a share for one unit before the first report', () => {
    expect(overviewOf([of('client.shares', 7n, 'ETH-PAYOUT-1')], new Map()).get('ETH')?.active).toBe(7n);
  });
});
