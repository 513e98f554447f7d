import type { EntityManager } from 'typeorm';
import type { AssetCode } from '#kernel';
import { balanceOf } from '#ledger';
import { holdingOf, ofChain } from '../accounts.js';
import { suspenseAt } from '../deposits/deposits.store.js';
import type { WalletEntity } from '../wallets/wallet.entity.js';
import { committedOf } from './transactions.store.js';

/**
 * What an address may still send: what the books say it holds (final, so no reorg takes it away), less the value and worst gas of what has
 * left or may leave, less deposits that nobody has cleared. Never negative.
 */
export async function spendable(em: EntityManager, wallet: WalletEntity, asset: AssetCode): Promise<bigint> {
  const held = -(await balanceOf(em, holdingOf(wallet, asset)));
  const committed = await committedOf(em, wallet.id);
  const suspense = wallet.role === 'deposit' ? await suspenseAt(em, wallet.id) : 0n;
  const free = held - committed - suspense;
  return free > 0n ? free : 0n;
}

export const gasFloat = (em: EntityManager, chain: string, asset: AssetCode): Promise<bigint> =>
  balanceOf(em, ofChain('trust.gas_float', chain, asset));
