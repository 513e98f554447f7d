import { Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { NO_SUMS, rateOver, rateWindowNames, timestamp, type WindowRate } from '#kernel';
import { publicPools } from '../pools/pools.store.js';
import { lastTotal, windowSums } from './rates.store.js';

/** What each pool that is open to all earned, from its applied reports. */
@Injectable()
export class PoolRates {
  constructor(private readonly transactor: Transactor) {}

  all(): Promise<object> {
    return this.transactor.read(async (em) => {
      const data: object[] = [];
      for (const pool of await publicPools(em)) {
        const last = await lastTotal(em, pool.id);
        const asOf = last === null ? null : timestamp(last.appliedAt);
        const rates: WindowRate[] = [];
        for (const window of rateWindowNames) {
          const sums = last === null ? NO_SUMS : await windowSums(em, pool.id, last, window);
          rates.push(rateOver(window, sums, pool.mode, asOf));
        }
        const { id, productId, asset, mode, commissionBps, standing } = pool;
        data.push({ pool_id: id, product_id: productId, asset, mode, commission_bps: commissionBps, standing, rates });
      }
      return { data };
    });
  }
}
