import { Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { money, named, page, type Page, type PageQuery, wireTime } from '#http';
import { publicId, Refused, uuidOf, ZERO } from '#kernel';
import { balanceOf } from '#ledger';
import { allPools } from '../pools/pools.store.js';
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

/** Stable type names; the amount is after commission, whose rate stands beside it. */
const rewardView = (earning: Earning) => ({
  id: earning.id,
  kind: 'staking_reward',
  product_id: earning.productId,
  asset: earning.asset,
  ...money(earning.asset, earning.amount),
  commission_bps: earning.commissionBps,
  at: wireTime(earning.paidAt),
  payout_id: publicId('payoutRun', earning.runId),
  lot_id: earning.id,
  source: { chain: earning.chain, pool_id: earning.poolId, report_number: earning.reportNumber, epoch: earning.reportEpoch },
});

const payoutView = (earning: Earning) => ({
  id: publicId('payoutRun', earning.runId),
  pool_id: earning.poolId,
  asset: earning.asset,
  ...money(earning.asset, earning.amount),
  state: earning.paidAt === null ? 'pending' : 'paid',
  created_at: wireTime(earning.createdAt),
  paid_at: wireTime(earning.paidAt),
});
