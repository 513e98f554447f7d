import { type Amount, amount, type AssetCode, claimOf, mulDiv } from '#kernel';
import type { AccountKindName, Balance } from '#ledger';
import type { PoolFigure } from '../pools/pool-figures.store.js';

/** What each part of a client's money is called. */
export const buckets = ['available', 'reserved', 'activating', 'active', 'exiting', 'locked', 'rewards', 'in_review'] as const;
export type Bucket = (typeof buckets)[number];
export type AssetOverview = Record<Bucket, Amount>;

const bucketOf: Partial<Record<AccountKindName, Bucket>> = {
  'client.available': 'available',
  'client.reserved': 'reserved',
  'client.staking': 'activating',
  'client.shares': 'active',
  'client.shares_locked': 'exiting',
  'client.unbonding': 'locked',
  'client.rewards': 'rewards',
  'client.suspense': 'in_review',
};

const nothing = (): AssetOverview =>
  ({ available: 0n, reserved: 0n, activating: 0n, active: 0n, exiting: 0n, locked: 0n, rewards: 0n, in_review: 0n }) as AssetOverview;

/** Balances of one client by asset and bucket; shares at what they claimed as of the last report (one to one before the first), rounded down. */
export function overviewOf(balances: readonly Balance[], figures: ReadonlyMap<string, PoolFigure>): Map<AssetCode, AssetOverview> {
  const result = new Map<AssetCode, AssetOverview>([['ETH', nothing()]]);
  for (const balance of balances) {
    const bucket = bucketOf[balance.kind];
    if (!bucket) continue;
    const claim = claimOf(balance.asset);
    const code = claim?.asset ?? balance.asset;
    const row = result.get(code) ?? nothing();
    row[bucket] = amount(row[bucket] + (claim ? claimed(balance.balance, figures.get(claim.pool)) : balance.balance));
    result.set(code, row);
  }
  return result;
}

const claimed = (shares: bigint, figure: PoolFigure | undefined): bigint =>
  figure && figure.poolShares > 0n ? mulDiv(shares, figure.poolAssets, figure.poolShares, 'floor') : shares;
