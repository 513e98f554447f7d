import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { emit, Handles } from '#delivery';
import { amount, Fault, isAssetCode, type Amount, type Clock } from '#kernel';
import { TransactionRefused, TransactionRequest, type TransactionRequestV1 } from '#messages';
import { CHAINS, type Chains } from '../chain/chains.js';
import { CLOCK } from '../tokens.js';
import type { WalletEntity } from '../wallets/wallet.entity.js';
import { singleWallet, vaultOfPool } from '../wallets/wallets.store.js';
import { isProtocolRequest } from './transaction.js';
import { insertIntention, type Intention } from './transactions.store.js';

type Common = Pick<Intention, 'requestId' | 'purpose' | 'chain' | 'asset' | 'poolId'>;

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

  private async intentionOf(em: EntityManager, request: TransactionRequestV1, common: Common): Promise<Intention | string> {
    const units = amount(BigInt(request.amount));
    if (isProtocolRequest(request.purpose)) return this.protocolIntention(em, request, common, units);
    const omnibus = await this.require(em, common.chain, 'omnibus');
    if (units === 0n) return 'amount.not_positive';
    if (request.purpose === 'fee_sweep') {
      const treasury = await this.require(em, common.chain, 'treasury');
      return { ...common, fromWalletId: omnibus.id, toWalletId: treasury.id, amount: units };
    }
    const { deposit } = request;
    return deposit === undefined
      ? 'transaction.without_deposit'
      : { ...common, fromWalletId: omnibus.id, amount: units, deposit, pubkey: deposit.pubkey };
  }

  /** Sent by the pool's vault: the protocol listens to the address that the validator pays out to, and to nobody else. */
  private async protocolIntention(
    em: EntityManager,
    { purpose, poolId, pubkey, targetPubkey }: TransactionRequestV1,
    common: Common,
    units: Amount,
  ): Promise<Intention | string> {
    if (pubkey === undefined) return 'transaction.without_pubkey';
    if (purpose === 'consolidation' && targetPubkey === undefined) return 'transaction.without_target';
    if (purpose === 'partial_withdrawal' && units === 0n) return 'amount.not_positive';
    const vault = await vaultOfPool(em, common.chain, poolId);
    if (!vault) return 'wallet.unknown';
    return {
      ...common,
      fromWalletId: vault.id,
      pubkey,
      ...(purpose === 'consolidation' ? { targetPubkey } : {}),
      ...(purpose === 'partial_withdrawal' ? { amount: units } : {}),
    };
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
