import type { EntityManager } from 'typeorm';
import { emit } from '#delivery';
import { claimOf, invariant } from '#kernel';
import { PoolOpened, WalletOpen } from '#messages';
import type { StakingConfig } from '../config.js';
import type { Offer } from './catalogue.js';

/** Opens a product with its pool, its vault and its first fee; false where it is open already. `clientId`: the one client whom it is for. */
export async function openProduct(
  em: EntityManager,
  offer: Offer,
  config: Pick<StakingConfig, 'MINIMUM_STAKE' | 'COMMISSION_BPS' | 'DEPOSIT_PROTECTION' | 'POOL_CREDENTIALS' | 'POOL_TARGET_BALANCE'>,
  at: Date,
  clientId: string | null = null,
): Promise<boolean> {
  const claim = claimOf(offer.shareAsset);
  invariant(claim?.asset === offer.asset, 'product.foreign_shares', { product: offer.id, shares: offer.shareAsset });
  const { id, asset, mode, chain, shareAsset } = offer;
  const poolId = claim.pool;
  const commissionBps = config.COMMISSION_BPS;
  const opened: unknown[] = await em.query(
    `INSERT INTO staking.product (id, asset, kind, mode, chain, pool_id, minimum, commission_bps, deposit_protection, created_at, is_default, client_id)
     VALUES ($1, $2, 'pos_staking', $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING RETURNING id`,
    [id, asset, mode, chain, poolId, config.MINIMUM_STAKE, commissionBps, config.DEPOSIT_PROTECTION, at, offer.isDefault, clientId],
  );
  if (opened.length === 0) return false;
  await em.query(
    `INSERT INTO staking.fee_schedule (product_id, tier, version, commission_bps, effective_at, created_at) VALUES ($1, 'standard', 1, $2, $3, $3)`,
    [id, commissionBps, at],
  );
  await insertPool(em, poolId, shareAsset, config, at);
  const dedicated = clientId === null ? {} : { dedicated: true };
  await emit(em, PoolOpened, {
    aggregate: poolId,
    payload: {
      poolId,
      productId: id,
      chain,
      asset,
      shareAsset,
      commissionBps,
      mode,
      ...dedicated,
      ...(clientId === null ? {} : { clientId }),
    },
  });
  await emit(em, WalletOpen, { aggregate: poolId, payload: { chain, role: 'vault', poolId, ...dedicated } });
  return true;
}

async function insertPool(
  em: EntityManager,
  poolId: string,
  shareAsset: string,
  config: Pick<StakingConfig, 'POOL_CREDENTIALS' | 'POOL_TARGET_BALANCE'>,
  at: Date,
): Promise<void> {
  await em.query(
    `INSERT INTO staking.pool (id, share_asset, assets, shares, fixed_shares, carried_reward, loss_carried, buffer,
       credited, collected, report_number, created_at, credentials_type, target_balance)
     VALUES ($1, $2, 0, 0, 0, 0, 0, 0, 0, 0, 0, $3, $4, $5)`,
    [poolId, shareAsset, at, config.POOL_CREDENTIALS, config.POOL_TARGET_BALANCE],
  );
}
