import { Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { money, named, page, type Page, type PageQuery, wireTime } from '#http';
import { publicId, Refused, uuidOf, ZERO } from '#kernel';
import { balanceOf } from '#ledger';
import { allPools } from '../pools/pools.store.js';
import { breakDown } from './earning.js';
import { lineOfClient, linesOfClient, paidTo, sumsOf, type Earning } from './earnings.store.js';

const NOTHING = { code: 'not_found', detail: 'There is no such resource.', facts: {} };

/** What a client earned: whole history, never a moving window. */
@Injectable()
export class EarningsService {
  constructor(private readonly transactor: Transactor) {}

  paid(clientId: string, query: PageQuery): Promise<Page<object>> {
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'rewards.paid', clientId },
        fetch: (limit, before) => paidTo(em, clientId, limit, before),
        at: ({ paidAt, createdAt, id }) => ({ createdAt: paidAt ?? createdAt, id }),
        show: rewardView,
      }),
    );
  }

  payouts(clientId: string, query: PageQuery): Promise<Page<object>> {
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'rewards.payouts', clientId },
        fetch: (limit, before) => linesOfClient(em, clientId, limit, before),
        at: ({ createdAt, id }) => ({ createdAt, id }),
        show: payoutView,
      }),
    );
  }

  payout(clientId: string, run: string): Promise<object> {
    return this.transactor.read(async (em) => {
      const uuid = uuidOf('payoutRun', run);
      const line = uuid === null ? null : await lineOfClient(em, clientId, uuid);
      if (line === null) throw new Refused(NOTHING);
      return payoutView(line);
    });
  }

  /** By asset: what was paid so far, and what is settled and waits for the next run. */
  summary(clientId: string): Promise<object> {
    return this.transactor.read(async (em) => {
      const sums = new Map((await sumsOf(em, clientId)).map((sum) => [sum.asset, sum]));
      const assets = [...new Set((await allPools(em)).map((pool) => pool.asset))];
      const data: object[] = [];
      for (const asset of assets) {
        const sum = sums.get(asset);
        const waiting = await balanceOf(em, { kind: 'client.rewards', owner: clientId, asset });
        data.push({
          asset,
          ...named('paid', asset, sum?.paid ?? ZERO),
          ...named('waiting', asset, waiting),
          payouts: sum?.payouts ?? 0,
          first_paid_at: wireTime(sum?.firstAt),
          last_paid_at: wireTime(sum?.lastAt),
        });
      }
      return { data };
    });
  }
}

/** Stable type names. `amount` is what was paid, after commission; nothing on chain pays it, so it has epochs and a block and no transaction. */
const rewardView = (earning: Earning) => {
  const { asset, source } = { asset: earning.asset, source: sourceView(earning) };
  const { gross, commission, components } = breakDown(earning.amount, earning.commissionBps, earning.mix);
  return {
    id: earning.id,
    kind: 'staking_reward',
    product_id: earning.productId,
    asset,
    ...money(asset, earning.amount),
    ...(earning.tiered ? UNKNOWN : { ...named('gross', asset, gross), ...named('commission', asset, commission) }),
    commission_bps: earning.tiered ? null : earning.commissionBps,
    components:
      components === null
        ? null
        : (
            [
              ['consensus', components.consensus],
              ['priority_fees', components.priorityFees],
              ['mev', components.mev],
            ] as const
          ).map(([component, units]) => ({ component, denom: asset, ...money(asset, units) })),
    basis: earning.tiered ? BASIS_OF_TIERS : BASIS,
    at: wireTime(earning.paidAt),
    payout_id: publicId('payoutRun', earning.runId),
    lot_id: earning.id,
    source,
  };
};
const BASIS =
  'gross and commission follow from the standard commission in force; components are those of the rewards of the pool in these reports';

const UNKNOWN = { gross: null, gross_atomic: null, commission: null, commission_atomic: null };
const BASIS_OF_TIERS =
  'gross and commission are not shown: clients of this pool pay different commissions; components are those of the rewards of the pool in these reports';

const sourceView = (earning: Earning) => ({
  chain: earning.chain,
  pool_id: earning.poolId,
  report_number: earning.reportNumber,
  first_report: earning.afterReport + 1,
  after_epoch: earning.afterEpoch,
  epoch: earning.reportEpoch,
  block: earning.block,
  block_root: earning.blockRoot,
  tx_hash: null,
});

const payoutView = (earning: Earning) => ({
  id: publicId('payoutRun', earning.runId),
  pool_id: earning.poolId,
  asset: earning.asset,
  ...money(earning.asset, earning.amount),
  state: shownState(earning),
  created_at: wireTime(earning.createdAt),
  paid_at: wireTime(earning.paidAt),
});

/** Why a payment waits is said only where it is the client's own wish; the rest is routine. */
const shownState = ({ state }: Earning): string => (state === 'paid' || state === 'below_threshold' ? state : 'pending');
