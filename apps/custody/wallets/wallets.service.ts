import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { emit } from '#delivery';
import { invariant, newUuid, ok, publicId, refuse, type Clock, type Result } from '#kernel';
import { WalletOpened, type KeyringV1, type WalletRole } from '#messages';
import { requireStanding } from '../standing/standing.store.js';
import { CLOCK } from '../tokens.js';
import { deriveAddress, derivePath } from './derivation.js';
import type { WalletEntity } from './wallet.entity.js';
import { insertKeyring, insertWallet, lockKeyring, takeIndex, vaultOfPool, walletOfClient } from './wallets.store.js';

/** Opens addresses: from extended public keys alone, each index used once. */
@Injectable()
export class WalletsService {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** A role's keyring never changes: another key under the same role would orphan its addresses. Omnibus and treasury open with theirs. */
  async acceptKeyring(em: EntityManager, keyring: KeyringV1): Promise<void> {
    const { chain, role, path, xpub } = keyring;
    deriveAddress(xpub, 0); // what is no extended public key is no keyring
    if (await insertKeyring(em, { chain, role, path, xpub, nextIndex: 0, createdAt: this.clock.now() })) {
      if (role === 'omnibus' || role === 'treasury') await this.open(em, chain, role, {});
      return;
    }
    const known = await lockKeyring(em, chain, role);
    invariant(known?.xpub === xpub && known.path === path, 'keyring.changed', { chain, role });
  }

  /** The vault of a pool, opened once. Refusal: wallet.keys_unavailable (the signer has not published this role's key yet). */
  async openVault(em: EntityManager, chain: string, poolId: string, dedicated = false): Promise<Result<WalletEntity>> {
    if (!(await lockKeyring(em, chain, 'vault'))) return keysUnavailable();
    const known = await vaultOfPool(em, chain, poolId);
    return ok(known ?? (await this.open(em, chain, 'vault', { poolId, dedicated })));
  }

  /** The client's deposit address, one a chain. Refusals: custody.not_approved, wallet.keys_unavailable. */
  async depositAddress(em: EntityManager, chain: string, clientId: string): Promise<Result<{ wallet: WalletEntity; opened: boolean }>> {
    const standing = await requireStanding(em, clientId, 'deposit');
    if (!standing.ok) return standing;
    const early = await walletOfClient(em, chain, clientId);
    if (early) return ok({ wallet: early, opened: false });
    if (!(await lockKeyring(em, chain, 'deposit'))) return keysUnavailable();
    const known = await walletOfClient(em, chain, clientId); // two requests of one client at once: the second finds the first's
    if (known) return ok({ wallet: known, opened: false });
    const wallet = await this.open(em, chain, 'deposit', { clientId });
    await record(em, {
      actor: { kind: 'client', id: clientId },
      action: 'address.open',
      resource: publicId('wallet', wallet.id),
      details: { chain },
    });
    return ok({ wallet, opened: true });
  }

  private async open(
    em: EntityManager,
    chain: string,
    role: WalletRole,
    owner: { clientId?: string; poolId?: string; dedicated?: boolean },
  ): Promise<WalletEntity> {
    const keyring = await lockKeyring(em, chain, role);
    invariant(keyring !== null, 'keyring.absent', { chain, role });
    const index = await takeIndex(em, keyring);
    const wallet: WalletEntity = {
      id: newUuid(),
      chain,
      role,
      addressIndex: index,
      path: derivePath(keyring.path, index),
      address: deriveAddress(keyring.xpub, index),
      clientId: owner.clientId ?? null,
      poolId: owner.poolId ?? null,
      dedicated: owner.dedicated ?? false,
      createdAt: this.clock.now(),
    };
    await insertWallet(em, wallet);
    const opened = {
      walletId: wallet.id,
      chain,
      role,
      address: wallet.address,
      ...(wallet.poolId === null ? {} : { poolId: wallet.poolId }),
    };
    await emit(em, WalletOpened, { aggregate: wallet.id, payload: opened });
    return wallet;
  }
}

const keysUnavailable = (): { ok: false; refusal: ReturnType<typeof refuse>['refusal'] } =>
  refuse('wallet.keys_unavailable', 'The signer has not published its keys yet. Try again shortly.', { retry_after_s: 2 });
