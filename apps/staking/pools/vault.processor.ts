import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { invariant } from '#kernel';
import { WalletOpened, type WalletOpenedV1 } from '#messages';
import { CHAINS, type Chains } from '../tokens.js';
import { PoolRow } from './pool.entity.js';
import { lockPool } from './pools.store.js';

/** Custody opened an address. The vault of a pool decides where its validators withdraw to, for ever. */
@Injectable()
export class VaultProcessor {
  constructor(@Inject(CHAINS) private readonly chains: Chains) {}

  @Handles(WalletOpened)
  async opened(em: EntityManager, { role, poolId, chain, address }: WalletOpenedV1): Promise<void> {
    if (role !== 'vault' || poolId === undefined) return;
    const { row } = await lockPool(em, poolId);
    const vaultAddress = address.toLowerCase();
    invariant(row.vaultAddress === null || row.vaultAddress === vaultAddress, 'pool.second_vault', { pool: poolId, address });
    if (row.vaultAddress !== null) return;
    const adapter = this.chains.get(chain);
    invariant(adapter !== undefined, 'chain.not_configured', { chain });
    const withdrawalCredentials = adapter.staking.withdrawalCredentials(vaultAddress, row.credentialsType);
    await em.update(PoolRow, { id: poolId }, { vaultAddress, withdrawalCredentials, version: row.version + 1 });
  }
}
