import { Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { money } from '#http';
import { amount, publicId } from '#kernel';
import { priceOf, redeemedFor } from '../pools/pool.js';
import { domainOf, poolOf } from '../pools/pools.store.js';
import { allProducts } from '../products/products.store.js';
import { EtaService } from './eta.service.js';
import { leavers } from './orders.store.js';

/** The queue of those who leave, pool by pool. Others are seen as sums only. */
@Injectable()
export class ExitQueueService {
  constructor(
    private readonly transactor: Transactor,
    private readonly etas: EtaService,
  ) {}

  async queue(clientId: string): Promise<object[]> {
    const views: object[] = [];
    for (const product of await this.transactor.read(allProducts)) {
      const { waiting, price, buffer } = await this.transactor.read(async (em) => {
        const row = await poolOf(em, product.poolId);
        return {
          waiting: await leavers(em, product.poolId),
          price: row && priceOf(domainOf({ row, product })),
          buffer: row?.buffer ?? amount(0n),
        };
      });
      let before = 0n;
      const own: object[] = [];
      for (const order of waiting) {
        const nominal = order.nominal ?? (price ? redeemedFor(price, order.shares) : 0n);
        if (order.clientId === clientId)
          own.push({
            operation_id: publicId('operation', order.id),
            state: order.state,
            ...money(product.asset, nominal),
            before: money(product.asset, before),
          });
        before += nominal;
      }
      views.push({
        pool_id: product.poolId,
        product_id: product.id,
        orders: waiting.length,
        nominal: money(product.asset, before),
        buffer: money(product.asset, buffer),
        eta: waiting.length === 0 ? null : await this.etas.recent('unstake', product),
        yours: own,
      });
    }
    return views;
  }
}
