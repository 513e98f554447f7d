import { Inject, Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { money } from '#http';
import { refuse, Refused, shares } from '#kernel';
import { balanceOf } from '#ledger';
import type { StakingConfig } from '../config.js';
import { Product } from '../products/product.entity.js';
import { priceOf, redeemedFor } from '../pools/pool.js';
import { poolOf } from '../pools/pools.store.js';
import { CONFIG } from '../tokens.js';
import { instantTotals, termsOf } from './instant.store.js';

/** What staff see of instant buffers. */
@Injectable()
export class InstantBuffersService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  one(poolId: string): Promise<object> {
    return this.transactor.read(async (em) => {
      const row = await poolOf(em, poolId);
      const product = await em.findOneBy(Product, { poolId });
      if (row === null || product === null) throw new Refused(refuse('not_found', 'There is no such pool.').refusal);
      const { asset } = product;
      const buffer = await balanceOf(em, { kind: 'pool.instant_buffer', owner: poolId, asset });
      const waiting = shares(await balanceOf(em, { kind: 'pool.instant_shares', owner: poolId, asset: row.shareAsset }));
      const worth = row.shares === 0n ? 0n : redeemedFor(priceOf(row), waiting);
      const { exits, value, paid, refilled } = await instantTotals(em, poolId);
      const terms = await termsOf(em, poolId);
      return {
        pool_id: poolId,
        asset,
        offered: this.config.INSTANT_EXIT === 'on' && terms?.enabled === true,
        buffer: money(asset, buffer),
        waiting: { shares: money(row.shareAsset, waiting), worth_at_last_report: money(asset, worth) },
        exits,
        bought_for: money(asset, paid),
        spread_taken: money(asset, value - paid),
        refilled: money(asset, refilled),
        terms: terms && {
          version: terms.version,
          enabled: terms.enabled,
          min_spread_bps: terms.minSpreadBps,
          max_spread_bps: terms.maxSpreadBps,
          full_buffer: money(asset, terms.fullBuffer),
        },
      };
    });
  }
}
