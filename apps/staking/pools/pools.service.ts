import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { money } from '#http';
import { larger, refuse, Refused, type Clock } from '#kernel';
import { missingFor } from '../batches/batch.js';
import { countOpen } from '../batches/batches.store.js';
import type { StakingConfig } from '../config.js';
import { bunkerView } from '../losses/bunker.js';
import { countLiving } from '../exits/validators.store.js';
import { queueNow } from '../exit-queue/exit-queue.store.js';
import { reservedForLeavers } from '../exit-queue/reserved.store.js';
import { RegisterService } from '../operators/register.service.js';
import { queuedOf } from '../orders/orders.store.js';
import type { Product } from '../products/product.entity.js';
import { isFor, productOf, publicProductOf } from '../products/products.store.js';
import { STANDARD } from '../fees/fee-schedule.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { ratio } from '../wire.js';
import { indexIn } from './tiers.js';
import { priceOf } from './pool.js';
import { domainOf, poolOf } from './pools.store.js';

const UNKNOWN = refuse('not_found', 'There is no such pool.');

/** A pool as anybody may see it, or, where it is for one client, as that client may. */
@Injectable()
export class PoolsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly registers: RegisterService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  one(poolId: string): Promise<object> {
    return this.transactor.read(async (em) => this.view(em, await publicProductOf(em, poolId)));
  }

  /** Refusal: not_found, also where the product is for another client. */
  ofProduct(clientId: string, productId: string): Promise<object> {
    return this.transactor.read(async (em) => {
      const product = await productOf(em, productId);
      return this.view(em, product && isFor(product, clientId) ? product : null);
    });
  }

  private async view(em: EntityManager, product: Product | null): Promise<object> {
    const row = product && (await poolOf(em, product.poolId));
    if (product === null || row === null) throw new Refused(UNKNOWN.refusal);
    const poolId = row.id;
    const held = { row, product };
    const pool = domainOf(held);
    const price = priceOf(pool);
    const { orders, needed } = await queueNow(em, poolId, price);
    const queued = await queuedOf(em, poolId);
    const open = await countOpen(em, poolId);
    const { asset } = product;
    const reserved = await reservedForLeavers(em, held, this.config, this.clock, needed);
    const missing = money(asset, missingFor(larger<bigint>(queued - reserved, 0n), larger<bigint>(pool.buffer - needed, 0n)));
    return {
      id: poolId,
      product_id: product.id,
      chain: product.chain,
      asset,
      mode: product.mode,
      rate_standing: row.rateStanding,
      assets: money(asset, pool.assets),
      shares: money(row.shareAsset, pool.shares),
      share_rate: ratio(price.value, price.shares),
      reward_index: indexIn(pool, STANDARD).toString(),
      tiers: pool.tiers.map(({ tier, rewardIndex }) => ({ tier, reward_index: rewardIndex.toString() })),
      loss_carried: money(asset, pool.lossCarried),
      buffer: money(asset, pool.buffer),
      report: pool.reportNumber,
      queue: { waiting: money(asset, queued), next_batch_missing: missing, batches_under_way: open },
      next_batch_missing: missing,
      allocation: await this.registers.outlook(em, row, asset),
      exit_queue: { orders, nominal: money(asset, needed) },
      validators: await countLiving(em, poolId),
      paused: bunkerView(row),
      vault_address: row.vaultAddress,
      withdrawal_credentials: row.withdrawalCredentials,
    };
  }
}
