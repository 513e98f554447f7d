import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Chain } from '#chains';
import { Transactor } from '#database';
import { emit } from '#delivery';
import { amount, invariant, newUuid, type Amount, type Clock } from '#kernel';
import { TransactionRequest, type TransactionFinalisedV1, type TransactionRefusedV1, type TransactionSignedV1 } from '#messages';
import type { StakingConfig } from '../config.js';
import type { Validator } from '../exits/validator.entity.js';
import { livingOf } from '../exits/validators.store.js';
import { SYSTEM } from '../history/history.store.js';
import type { Why } from '../orders/order-moves.store.js';
import { mergingKeys } from '../proposals/mergers.store.js';
import { lockPool, reportsOf, type Held } from '../pools/pools.store.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { transactionRequest } from '../transactions/transaction-request.js';
import { rewardToAsk, type PartialPurpose } from './partial-withdrawal.js';
import { PartialWithdrawal } from './partial-withdrawal.entity.js';
import { insertPartial, movePartial, openPartials, partialById, refusedSince } from './partials.store.js';

/** Money out of compounding validators that live on. */
@Injectable()
export class PartialsService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  /** The caller holds the pool; the validator has no other under way. */
  async request(
    em: EntityManager,
    { product }: Held,
    { pubkey, poolId }: Validator,
    purpose: PartialPurpose,
    units: Amount,
  ): Promise<void> {
    const at = this.clock.now();
    const partial = Object.assign(new PartialWithdrawal(), {
      ...{ id: newUuid(), poolId, pubkey, purpose, amount: units, received: amount(0n), state: 'requested' },
      ...{ transactionHash: null, sentEpoch: null, reason: null, createdAt: at, stateSince: at, version: 1 },
    });
    await insertPartial(em, partial);
    await emit(em, TransactionRequest, {
      aggregate: partial.id,
      payload: transactionRequest({
        requestId: partial.id,
        chain: product.chain,
        purpose: 'partial_withdrawal',
        poolId,
        asset: product.asset,
        amount: units.toString(),
        pubkey,
      }),
    });
  }

  /** Asks for rewards that are worth a request, so that payouts have something to pay from. */
  async collectRewards(poolId: string): Promise<void> {
    await this.transactor.run(async (em) => {
      const held = await lockPool(em, poolId);
      const patience = this.clock.now();
      patience.setTime(patience.getTime() - this.config.RETRY_AFTER_MS);
      const busy = new Set([
        ...(await openPartials(em, poolId)).map((p) => p.pubkey),
        ...(await mergingKeys(em, poolId)),
        ...(await refusedSince(em, poolId, patience)),
      ]);
      for (const validator of await livingOf(em, poolId)) {
        if (validator.state !== 'active' || validator.credentialsType !== 'compounding' || busy.has(validator.pubkey)) continue;
        const units = rewardToAsk(validator, BigInt(this.config.REWARD_PARTIAL_MIN));
        if (units > 0n) await this.request(em, held, validator, 'reward', units);
      }
    });
  }

  /**
   * What is pending in a finalised state is on its way. What is not any more was paid, and a report has seen it or will; principal that no
   * report saw long after was dropped by the protocol in silence.
   */
  async watch(poolId: string, chain: Chain): Promise<void> {
    const sent = (await this.transactor.read((em) => openPartials(em, poolId))).filter((p) => p.state === 'sent');
    if (sent.length === 0) return;
    const { epoch } = await chain.staking.checkpoint();
    const { validators } = await chain.staking.validators(
      sent.map((p) => p.pubkey),
      'finalised',
    );
    const pending = new Set(validators.filter((view) => view.pendingPartials > 0n).map((view) => view.pubkey));
    await this.transactor.run(async (em) => {
      await lockPool(em, poolId);
      const [last] = await reportsOf(em, poolId, 1);
      for (const partial of await openPartials(em, poolId)) {
        if (partial.state !== 'sent') continue;
        if (partial.sentEpoch === null || pending.has(partial.pubkey))
          await em.save(PartialWithdrawal, Object.assign(partial, { sentEpoch: epoch }));
        else if ((last?.toEpoch ?? 0n) >= partial.sentEpoch + BigInt(this.config.EXIT_PATIENCE_EPOCHS)) await this.end(em, partial);
      }
    });
  }

  async signed(em: EntityManager, message: TransactionSignedV1): Promise<void> {
    const partial = await this.held(em, message.requestId);
    partial.transactionHash = message.transactionHash;
    if (partial.state === 'requested') await movePartial(em, partial, 'sign', this.why(message.transactionHash));
  }

  async finalised(em: EntityManager, message: TransactionFinalisedV1): Promise<void> {
    const partial = await this.held(em, message.requestId);
    if (partial.state === 'requested') await movePartial(em, partial, 'sign', this.why(message.transactionHash));
    if (partial.state !== 'signed') return;
    const why = this.why(message.transactionHash);
    if (!message.succeeded) return movePartial(em, partial, 'refuse', { ...why, reason: 'transaction.reverted' });
    await movePartial(em, partial, 'send', why);
    // the chain was quicker than the news: a report has seen it already
    if (partial.received > 0n) await movePartial(em, partial, 'pay', why);
  }

  async refused(em: EntityManager, message: TransactionRefusedV1): Promise<void> {
    const partial = await this.held(em, message.requestId);
    // signed ones too: given up because the nonce is somebody else's for ever
    if (partial.state === 'requested' || partial.state === 'signed')
      await movePartial(em, partial, 'refuse', { ...this.why(null), reason: message.code });
  }

  private end(em: EntityManager, partial: PartialWithdrawal): Promise<void> {
    const dropped = partial.purpose === 'principal' && partial.received === 0n;
    return movePartial(em, partial, dropped ? 'drop' : 'pay', {
      ...this.why(null),
      reason: dropped ? 'partial.dropped_by_protocol' : null,
    });
  }

  private async held(em: EntityManager, id: string): Promise<PartialWithdrawal> {
    const seen = await partialById(em, id);
    invariant(seen !== null, 'partial_withdrawal.unknown', { request: id });
    await lockPool(em, seen.poolId);
    const partial = await partialById(em, id);
    invariant(partial !== null, 'partial_withdrawal.lost', { request: id });
    return partial;
  }

  private why = (transactionHash: string | null): Why => ({ at: this.clock.now(), actor: SYSTEM, transactionHash });
}
