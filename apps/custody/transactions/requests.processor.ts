import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { emit, Handles } from '#delivery';
import { amount, Fault, invariant, isAssetCode, type Clock } from '#kernel';
import { TransactionRefused, TransactionRequest, type TransactionRequestV1 } from '#messages';
import { CHAINS, type Chains } from '../chain/chains.js';
import { CLOCK } from '../tokens.js';
import type { WalletEntity } from '../wallets/wallet.entity.js';
import { singleWallet, vaultOfPool } from '../wallets/wallets.store.js';
import { insertIntention, type Intention } from './transactions.store.js';

/** What staking asks to have done on chain. */
@Injectable()
export class RequestsProcessor {
  constructor(
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Handles(TransactionRequest)
  async requested(em: EntityManager, request: TransactionRequestV1): Promise<void> {
    const { requestId, purpose, chain, asset, poolId } = request;
    const known = this.chains.get(chain);
    if (!known || !isAssetCode(asset) || known.asset !== asset)
      return this.refuse(em, request, 'asset.unknown', 'This chain or asset is not held here.');
    const common = { requestId, purpose, chain, asset, poolId };
    const intention = await this.intentionOf(em, request, common);
    if (typeof intention === 'string') return this.refuse(em, request, intention, 'The request lacks what its purpose needs.');
    await insertIntention(em, intention, this.clock.now(), 'staking');
  }

  private async intentionOf(
    em: EntityManager,
    request: TransactionRequestV1,
    common: Pick<Intention, 'requestId' | 'purpose' | 'chain' | 'asset' | 'poolId'>,
  ): Promise<Intention | string> {
    const units = amount(BigInt(request.amount));
    if (request.purpose === 'exit_request') {
      if (request.pubkey === undefined) return 'transaction.without_pubkey';
      const vault = await vaultOfPool(em, common.chain, request.poolId);
      return vault ? { ...common, fromWalletId: vault.id, pubkey: request.pubkey } : 'wallet.unknown';
    }
    const omnibus = await this.require(em, common.chain, 'omnibus');
    if (units === 0n) return 'amount.not_positive';
    if (request.purpose === 'fee_sweep') {
      const treasury = await this.require(em, common.chain, 'treasury');
      return { ...common, fromWalletId: omnibus.id, toWalletId: treasury.id, amount: units };
    }
    invariant(request.purpose === 'stake_deposit', 'transaction.purpose', { purpose: request.purpose });
    const { deposit } = request;
    return deposit === undefined
      ? 'transaction.without_deposit'
      : { ...common, fromWalletId: omnibus.id, amount: units, deposit, pubkey: deposit.pubkey };
  }

  /** Comes with the signer's keyrings, soon after the first start. */
  private async require(em: EntityManager, chain: string, role: 'omnibus' | 'treasury'): Promise<WalletEntity> {
    const wallet = await singleWallet(em, chain, role);
    if (!wallet) throw new Fault('wallet.keys_unavailable', `there is no ${role} wallet yet`, true);
    return wallet;
  }

  private refuse(em: EntityManager, { requestId, purpose }: TransactionRequestV1, code: string, detail: string): Promise<void> {
    return emit(em, TransactionRefused, { aggregate: requestId, payload: { requestId, purpose, code, detail } });
  }
}
