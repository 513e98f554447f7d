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
import { moveParts, type Why } from '../orders/order-moves.store.js';
import type { OrderPart } from '../orders/order.entity.js';
import { lockOrders, partsOfBatch } from '../orders/orders.store.js';
import type { PartEvent } from '../orders/stake.js';
import { causeOf, lockPool, postAll, type Held } from '../pools/pools.store.js';
import { toPostings } from '../pools/postings.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import { isOfTheKey } from './batch.js';
import type { Batch } from './batch.entity.js';
import { dissolve, moveBatch, returnFill } from './batch-moves.store.js';
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
    const found = await this.held(em, await batchByKeyRequest(em, message.requestId), message.requestId);
    const { batch, held } = found;
    if (batch.state !== 'key_requested') return; // dissolved meanwhile: the key is never used
    const why = this.why();
    batch.pubkey = message.pubkey;
    batch.signature = message.signature;
    batch.depositDataRoot = message.depositDataRoot;
    batch.keyPath = message.keyPath;
    const ours = message.withdrawalCredentials === batch.withdrawalCredentials && BigInt(message.amountGwei) * GWEI === batch.amount;
    if (ours) return moveBatch(em, batch, 'receive_data', why);
    this.log.error({ alarm: true, batch: batch.id }, 'the signer answered with a deposit that was not asked for');
    await dissolve(em, held, batch, { ...why, reason: 'deposit.not_as_asked' });
  }

  async dataRefused(em: EntityManager, message: DepositDataRefusedV1): Promise<void> {
    const { batch } = await this.held(em, await batchByKeyRequest(em, message.requestId), message.requestId);
    if (batch.state !== 'key_requested') return;
    batch.retryAt = this.later();
    batch.reason = message.code;
    await moveBatch(em, batch, 'refuse_key', { ...this.why(), reason: message.code });
  }

  /** Signed bytes may reach the chain at any time: the money is on its way and the orders can no longer be cancelled. */
  async signed(em: EntityManager, message: TransactionSignedV1): Promise<void> {
    const { batch, held } = await this.held(em, await batchByTransaction(em, message.requestId), message.requestId);
    if (batch.state !== 'requested') return;
    batch.transactionHash = message.transactionHash;
    const why = { ...this.why(), transactionHash: message.transactionHash };
    await moveBatch(em, batch, 'sign', why);
    await this.carry(em, held, batch, 'submit', 'stake.submit', why);
  }

  async finalised(em: EntityManager, message: TransactionFinalisedV1): Promise<void> {
    const { batch, held } = await this.held(em, await batchByTransaction(em, message.requestId), message.requestId);
    if (batch.state === 'requested') throw new Fault('batch.not_signed_yet', 'the signed transaction was not heard of yet', true);
    if (batch.state !== 'signed') return;
    batch.transactionHash = message.transactionHash;
    const why = { ...this.why(), transactionHash: message.transactionHash };
    if (message.succeeded) {
      await moveBatch(em, batch, 'finalise', why);
      return this.carry(em, held, batch, 'activate', null, why);
    }
    batch.reason = 'transaction.reverted';
    await moveBatch(em, batch, 'revert', { ...why, reason: batch.reason });
    await returnFill(em, held, batch);
    await this.carry(em, held, batch, 'fail', 'stake.fail', { ...why, reason: batch.reason });
  }

  /**
   * Never signed: the deposit waits and is asked for again; until then its orders can be cancelled. A key that the signer will never fund is
   * given up instead: the orders queue again, and the next batch has another key.
   */
  async refused(em: EntityManager, message: TransactionRefusedV1): Promise<void> {
    const { batch, held } = await this.held(em, await batchByTransaction(em, message.requestId), message.requestId);
    if (batch.state !== 'requested') return;
    batch.attempt += 1;
    batch.retryAt = this.later();
    batch.reason = message.code;
    await moveBatch(em, batch, 'refuse', { ...this.why(), reason: message.code });
    if (!isOfTheKey(message.code)) return;
    this.log.error({ alarm: true, batch: batch.id, code: message.code }, 'the signer will not fund this key; it is never used');
    await dissolve(em, held, batch, { ...this.why(), reason: message.code });
  }

  /** Takes the parts of a batch along, with their money. */
  private async carry(
    em: EntityManager,
    held: Held,
    batch: Batch,
    event: PartEvent,
    kind: 'stake.submit' | 'stake.fail' | null,
    why: Why,
  ): Promise<void> {
    const parts = await partsOfBatch(em, batch.id);
    const orders = await lockOrders(em, [...new Set(parts.map((p) => p.orderId))]);
    await moveParts(
      em,
      orders,
      parts.map((part) => ({ part, event })),
      why,
    );
    if (kind === null) return;
    const clientOf = (part: OrderPart): string => {
      const order = orders.find((o) => o.id === part.orderId);
      invariant(order !== undefined, 'part.order_not_locked', { part: part.id });
      return order.clientId;
    };
    const moves = parts.map((part) => ({ kind, clientId: clientOf(part), of: part.id, amount: part.amount }));
    await postAll(em, toPostings(moves, causeOf(held, batch.id, why.at)));
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
