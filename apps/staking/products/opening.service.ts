import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { emit } from '#delivery';
import type { Clock } from '#kernel';
import { PoolOpened, WalletOpen } from '#messages';
import type { StakingConfig } from '../config.js';
import { CLOCK, CONFIG } from '../tokens.js';

const ETH_PAYOUT = {
  id: 'eth-payout',
  asset: 'ETH',
  kind: 'pos_staking',
  mode: 'payout',
  chain: 'ethereum',
  poolId: 'eth-payout-1',
  shareAsset: 'ETH-PAYOUT-1',
};

/** Opens our products, once in the life of a database. */
@Injectable()
export class OpeningService implements OnApplicationBootstrap {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  onApplicationBootstrap(): Promise<void> {
    return this.transactor.run((em) => this.open(em));
  }

  private async open(em: EntityManager): Promise<void> {
    const p = ETH_PAYOUT;
    const at = this.clock.now();
    const opened: unknown[] = await em.query(
      `INSERT INTO staking.product (id, asset, kind, mode, chain, pool_id, minimum, commission_bps, deposit_protection, created_at, is_default)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, true) ON CONFLICT DO NOTHING RETURNING id`,
      [
        p.id,
        p.asset,
        p.kind,
        p.mode,
        p.chain,
        p.poolId,
        ...[this.config.MINIMUM_STAKE, this.config.COMMISSION_BPS, this.config.DEPOSIT_PROTECTION, at],
      ],
    );
    if (opened.length === 0) return;
    await em.query(
      `INSERT INTO staking.pool (id, share_asset, assets, shares, fixed_shares, reward_index, index_remainder, carried_reward, loss_carried, buffer,
         credited, collected, report_number, created_at, credentials_type, target_balance)
       VALUES ($1, $2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, $3, $4, $5)`,
      [p.poolId, p.shareAsset, at, this.config.POOL_CREDENTIALS, this.config.POOL_TARGET_BALANCE],
    );
    await emit(em, PoolOpened, {
      aggregate: p.poolId,
      payload: {
        poolId: p.poolId,
        productId: p.id,
        chain: p.chain,
        asset: p.asset,
        shareAsset: p.shareAsset,
        commissionBps: this.config.COMMISSION_BPS,
      },
    });
    await emit(em, WalletOpen, { aggregate: p.poolId, payload: { chain: p.chain, role: 'vault', poolId: p.poolId } });
  }
}
