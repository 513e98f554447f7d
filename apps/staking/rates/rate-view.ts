import { money } from '#http';
import { rateOf, timestamp, type RateSums } from '#kernel';
import type { PoolReport, PoolRow } from '../pools/pool.entity.js';
import type { Product } from '../products/product.entity.js';
import { ratio } from '../wire.js';
import type { Day } from './rates.store.js';

/** What the reward is made of: open to further components and denoms. */
const componentsOf = (product: Product, sums: Pick<RateSums, 'reward' | 'priorityFees' | 'mev'>) =>
  (
    [
      ['consensus', sums.reward - sums.priorityFees - sums.mev],
      ['priority_fees', sums.priorityFees],
      ['mev', sums.mev],
    ] as const
  ).map(([component, units]) => ({ component, denom: product.asset, ...money(product.asset, units) }));

const rateView = (product: Product, sums: RateSums) => {
  const { gross, net, apy, samples } = rateOf(sums, product.mode);
  return { gross, net, apy, samples };
};
const earnedView = (product: Product, sums: RateSums) => ({
  reward: money(product.asset, sums.reward),
  components: componentsOf(product, sums),
  commission: money(product.asset, sums.commission),
});
const standView = (product: Product, row: PoolRow, report: PoolReport) => ({
  at: timestamp(report.appliedAt),
  to_slot: report.toSlot.toString(),
  epoch: report.toEpoch.toString(),
  assets: money(product.asset, report.assets),
  shares: money(row.shareAsset, report.shares),
  share_rate: ratio(report.assets - report.lossCarried, report.shares),
  reward_index: report.rewardIndex.toString(),
});

export const sumsOfReport = (report: PoolReport, slotSeconds: number): RateSums => {
  const seconds = (report.toSlot - report.fromSlot) * BigInt(slotSeconds);
  const { reward, commission, priorityFees, mev } = report;
  return { seconds, exposure: report.principal * seconds, reward, commission, covered: report.covered, priorityFees, mev, samples: 1n };
};

export const reportView = (product: Product, row: PoolRow, report: PoolReport, slotSeconds: number) => ({
  number: report.number,
  from_slot: report.fromSlot.toString(),
  ...standView(product, row, report),
  ...rateView(product, sumsOfReport(report, slotSeconds)),
  ...earnedView(product, sumsOfReport(report, slotSeconds)),
});

/** As the day's last report left the pool. */
export const dayView = (product: Product, row: PoolRow, { day, first, last, sums }: Day, closing: PoolReport) => ({
  day,
  first_report: first,
  last_report: last,
  ...standView(product, row, closing),
  ...rateView(product, sums),
  ...earnedView(product, sums),
});
