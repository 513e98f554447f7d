import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { invariant, ok, publicId, refuse, uuid5, type Amount, type AssetCode, type Clock, type Result } from '#kernel';
import { balanceOf, post } from '#ledger';
import { ofClient } from '../accounts.js';
import { mayReceive } from '../address-book/destination.js';
import type { DestinationEntity } from '../address-book/destination.entity.js';
import { lockDestination } from '../address-book/destinations.store.js';
import type { CustodyConfig } from '../config.js';
import { requireStanding } from '../standing/standing.store.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { insertIntention } from '../transactions/transactions.store.js';
import { singleWallet, walletAt } from '../wallets/wallets.store.js';
import { decideAmount } from './withdrawal.js';
import type { WithdrawalEntity } from './withdrawal.entity.js';
import { insertWithdrawal } from './withdrawals.store.js';

export interface WithdrawalRequest {
  readonly operationId: string;
  readonly clientId: string;
  readonly chain: string;
  readonly asset: AssetCode;
  readonly amount: Amount | 'max';
  readonly destinationId: string | null;
}

@Injectable()
export class WithdrawalsService {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: CustodyConfig,
  ) {}

  /**
   * Accepts a withdrawal: the money is reserved and the transaction that will pay it is asked for. Refusals: custody.not_approved,
   * withdrawal.destination_not_allowed, withdrawal.below_minimum, withdrawal.insufficient_balance, withdrawal.under_review, wallet.keys_unavailable.
   */
  async accept(em: EntityManager, request: WithdrawalRequest): Promise<Result<WithdrawalEntity>> {
    const standing = await requireStanding(em, request.clientId, 'withdraw');
    if (!standing.ok) return standing;
    const destination = await this.destinationOf(em, request);
    if (!destination.ok) return destination;
    const available = await balanceOf(em, ofClient('client.available', request.clientId, request.asset));
    const decided = decideAmount(request.amount, available, BigInt(this.config.MIN_WITHDRAWAL));
    if (!decided.ok) return decided;
    const omnibus = await singleWallet(em, request.chain, 'omnibus');
    if (!omnibus)
      return refuse('wallet.keys_unavailable', 'The signer has not published its keys yet. Try again shortly.', { retry_after_s: 2 });
    const withdrawal = await this.write(em, request, destination.value, decided.value, omnibus.id);
    return this.reserve(em, withdrawal);
  }

  private async destinationOf(em: EntityManager, request: WithdrawalRequest): Promise<Result<DestinationEntity>> {
    const { destinationId, clientId, chain, asset } = request;
    const found = destinationId === null ? null : await lockDestination(em, clientId, destinationId, 'pessimistic_read');
    const fits = found !== null && found.chain === chain && found.asset === asset ? found : null;
    const allowed = mayReceive(fits, this.clock.now());
    if (!allowed.ok) return allowed;
    invariant(fits !== null, 'destination.absent');
    // an address that became ours after it was listed is still no way out
    if (await walletAt(em, chain, fits.address))
      return refuse('withdrawal.destination_not_allowed', 'The destination is not on your address book.');
    return ok(fits);
  }

  private async write(
    em: EntityManager,
    request: WithdrawalRequest,
    destination: DestinationEntity,
    amount: Amount,
    omnibusId: string,
  ): Promise<WithdrawalEntity> {
    const { operationId, clientId, chain, asset } = request;
    const at = this.clock.now();
    const intention = {
      requestId: operationId,
      chain,
      asset,
      purpose: 'withdrawal' as const,
      fromWalletId: omnibusId,
      toAddress: destination.address,
      amount,
      clientId,
    };
    const transactionId = await insertIntention(em, intention, at, `client:${clientId}`);
    invariant(transactionId !== null, 'withdrawal.twice', { operationId });
    const place = { destinationId: destination.id, address: destination.address, transactionId };
    const row: WithdrawalEntity = {
      id: operationId,
      clientId,
      chain,
      asset,
      amount,
      ...place,
      state: 'accepted',
      code: null,
      hash: null,
      version: 1,
      createdAt: at,
      updatedAt: at,
    };
    await insertWithdrawal(em, row);
    const details = { asset, amount_atomic: amount.toString(), destination: publicId('destination', destination.id) };
    await record(em, {
      actor: { kind: 'client', id: clientId },
      action: 'withdrawal.request',
      resource: publicId('operation', operationId),
      details,
    });
    return row;
  }

  private async reserve(em: EntityManager, withdrawal: WithdrawalEntity): Promise<Result<WithdrawalEntity>> {
    const { id, clientId, asset, amount } = withdrawal;
    const [outcome] = await post(em, [
      {
        key: uuid5('withdrawal.reserve', id),
        kind: 'withdrawal.reserve',
        debit: ofClient('client.available', clientId, asset),
        credit: ofClient('client.reserved', clientId, asset),
        amount,
        effectiveAt: withdrawal.createdAt,
        reference: id,
      },
    ]);
    if (outcome?.status === 'posted') return ok(withdrawal);
    if (outcome?.reason === 'insufficient')
      return refuse('withdrawal.insufficient_balance', 'The available balance is smaller than the amount.');
    invariant(outcome?.reason === 'held', 'ledger.refused', { kind: 'withdrawal.reserve', reason: outcome?.reason });
    return refuse('withdrawal.under_review', 'Your account is under review. No action is needed from you.');
  }
}
