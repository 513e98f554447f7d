import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Fault, invariant, type Clock } from '#kernel';
import type {
  DepositDataRefusedV1,
  DepositDataSignedV1,
  TransactionFinalisedV1,
  TransactionRefusedV1,
  TransactionSignedV1,
} from '#messages';
import type { Logger } from '#runtime';
import type { StakingConfig } from '../config.js';
import { SYSTEM } from '../history/history.store.js';
import { openIncident } from '../incidents/incidents.store.js';
import type { Why } from '../orders/order-moves.store.js';
import { lockPool, type Held } from '../pools/pools.store.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import { amountOf, inTwoSteps, isOfTheKey, type BatchEvent, type Step } from './batch.js';
import type { Batch } from './batch.entity.js';
import { dissolve, moveBatch, returnFill } from './batch-moves.store.js';
import { activating, fail, submit } from './batch-parts.store.js';
import { batchByKeyRequest, batchByTransaction, batchesById } from './batches.store.js';

const GWEI = 10n ** 9n;

/** What signer and custody say about a batch. */
@Injectable()
export class BatchesService {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async dataSigned(em: EntityManager, message: DepositDataSignedV1): Promise<void> {
    const { batch, held } = await this.held(em, await batchByKeyRequest(em, message.requestId), message.requestId);
    const step: Step = message.requestId === batch.topUpKeyRequestId ? 'rest' : 'first';
    if (batch.state !== (step === 'rest' ? 'rest_data_requested' : 'key_requested')) return; // dissolved meanwhile: the key is never used
    const why = this.why();
    if (asAsked(batch, step, message)) {
      keep(batch, step, message);
      return moveBatch(em, batch, 'receive_data', why);
    }
    this.log.error({ alarm: true, batch: batch.id }, 'the signer answered with a deposit that was not asked for');
    const reason = 'deposit.not_as_asked';
    if (step === 'first') return dissolve(em, held, batch, { ...why, reason });
    await this.putOff(em, batch, 'refuse_key', reason);
  }

  async dataRefused(em: EntityManager, message: DepositDataRefusedV1): Promise<void> {
    const { batch, held } = await this.held(em, await batchByKeyRequest(em, message.requestId), message.requestId);
    if (batch.state !== 'key_requested' && batch.state !== 'rest_data_requested') return;
    // a validator that leaves takes nothing more, however often it is asked
    if (batch.kind === 'top_up' && message.code === 'deposit_data.key_leaving')
      return dissolve(em, held, batch, { ...this.why(), reason: message.code });
    await this.putOff(em, batch, 'refuse_key', message.code);
  }

  /** Signed bytes may reach the chain at any time: the money is on its way and the orders can no longer be cancelled. */
  async signed(em: EntityManager, message: TransactionSignedV1): Promise<void> {
    const { batch, held } = await this.held(em, await batchByTransaction(em, message.requestId), message.requestId);
    const why = { ...this.why(), transactionHash: message.transactionHash };
    if (message.requestId === batch.topUpRequestId) {
      if (batch.state !== 'rest_requested') return;
      const again = batch.topUpHash !== null; // an earlier one reverted: its money has moved already
      batch.topUpHash = message.transactionHash;
      await moveBatch(em, batch, 'sign', why);
      return again ? undefined : submit(em, held, batch, 'rest', why);
    }
    if (batch.state !== 'requested') return;
    batch.transactionHash = message.transactionHash;
    await moveBatch(em, batch, 'sign', why);
    await submit(em, held, batch, 'first', why);
  }

  async finalised(em: EntityManager, message: TransactionFinalisedV1): Promise<void> {
    const { batch, held } = await this.held(em, await batchByTransaction(em, message.requestId), message.requestId);
    const rest = message.requestId === batch.topUpRequestId;
    if (batch.state === (rest ? 'rest_requested' : 'requested'))
      throw new Fault('batch.not_signed_yet', 'the signed transaction was not heard of yet', true);
    if (batch.state !== (rest ? 'rest_signed' : 'signed')) return;
    const why = { ...this.why(), transactionHash: message.transactionHash };
    if (rest) batch.topUpHash = message.transactionHash;
    else batch.transactionHash = message.transactionHash;
    if (!message.succeeded) return rest ? this.putOff(em, batch, 'revert', 'transaction.reverted') : this.revert(em, held, batch, why);
    if (!rest && inTwoSteps(batch)) return moveBatch(em, batch, 'predeposit', why);
    await moveBatch(em, batch, 'finalise', why);
    await activating(em, batch, why);
  }

  /**
   * Never signed: the deposit waits and is asked for again; until then its orders can be cancelled. A key that the signer will never fund is
   * given up instead: the orders queue again, and the next batch has another key. Once a key was proven there is no other: people look.
   */
  async refused(em: EntityManager, message: TransactionRefusedV1): Promise<void> {
    const { batch, held } = await this.held(em, await batchByTransaction(em, message.requestId), message.requestId);
    // given up after it was signed, because its nonce is somebody else's for ever
    if (batch.state === 'signed') return this.revert(em, held, batch, this.why());
    if (batch.state === 'rest_signed') return this.putOff(em, batch, 'revert', message.code);
    if (batch.state !== 'requested' && batch.state !== 'rest_requested') return;
    const rest = batch.state === 'rest_requested';
    await this.putOff(em, batch, 'refuse', message.code);
    if (!isOfTheKey(message.code)) return;
    this.log.error({ alarm: true, batch: batch.id, code: message.code }, 'the signer will not fund this key');
    if (!rest) return dissolve(em, held, batch, { ...this.why(), reason: message.code });
    const details = { code: message.code, pubkey: batch.pubkey };
    await openIncident(em, { poolId: batch.poolId, kind: 'deposit.rest_refused', subject: batch.id, details }, this.clock.now());
  }

  private async revert(em: EntityManager, held: Held, batch: Batch, why: Why): Promise<void> {
    batch.reason = 'transaction.reverted';
    await moveBatch(em, batch, 'revert', { ...why, reason: batch.reason });
    await returnFill(em, held, batch);
    await fail(em, held, batch, { ...why, reason: batch.reason });
  }

  /** To be asked for again a little later, under another id. */
  private async putOff(em: EntityManager, batch: Batch, event: BatchEvent, reason: string): Promise<void> {
    batch.retryAt = this.later();
    batch.reason = reason;
    await moveBatch(em, batch, event, { ...this.why(), reason });
  }

  /** Locks the pool, then reads the batch again under the lock. */
  private async held(em: EntityManager, seen: Batch | null, request: string): Promise<{ batch: Batch; held: Held }> {
    invariant(seen !== null, 'batch.request_unknown', { request });
    const held = await lockPool(em, seen.poolId);
    const [batch] = await batchesById(em, [seen.id]);
    invariant(batch !== undefined, 'batch.lost', { batch: seen.id });
    return { batch, held };
  }

  private why(): Why {
    return { at: this.clock.now(), actor: SYSTEM };
  }
  private later(): Date {
    const later = this.clock.now();
    later.setTime(later.getTime() + this.config.RETRY_AFTER_MS);
    return later;
  }
}

/** The answer must be for our credentials, the amount of this step and, where we asked for a key, that key. */
function asAsked(batch: Batch, step: Step, message: DepositDataSignedV1): boolean {
  const key = step === 'rest' || batch.kind === 'top_up' ? batch.pubkey : message.pubkey;
  return (
    message.pubkey === key &&
    message.withdrawalCredentials === batch.withdrawalCredentials &&
    BigInt(message.amountGwei) * GWEI === amountOf(batch, step)
  );
}

function keep(batch: Batch, step: Step, message: DepositDataSignedV1): void {
  if (step === 'rest') {
    batch.topUpSignature = message.signature;
    batch.topUpDataRoot = message.depositDataRoot;
    return;
  }
  batch.pubkey = message.pubkey;
  batch.signature = message.signature;
  batch.depositDataRoot = message.depositDataRoot;
  batch.keyPath = message.keyPath;
}
