import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { amount, ok, refuse, type Clock, type Result } from '#kernel';
import { isDissolvable } from '../batches/batch.js';
import { dissolve } from '../batches/batch-moves.store.js';
import { batchesById } from '../batches/batches.store.js';
import { cancelRequest } from '../exit-queue/exit-queue.store.js';
import type { Move } from '../pools/moves.js';
import { causeOf, lockPool, postAll, type Held } from '../pools/pools.store.js';
import { toPostings } from '../pools/postings.js';
import { CLOCK } from '../tokens.js';
import { followParts, moveUnstakes, type Why } from './order-moves.store.js';
import type { Order } from './order.entity.js';
import { lockOrders, orderOf, partsOfOrders } from './orders.store.js';
import { cancellableOf } from './stake.js';

/** Takes orders back as far as they can be. */
@Injectable()
export class CancellationService {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** `cancellation` is the id of the request to cancel: an order may be cancelled in parts, more than once. */
  async cancel(em: EntityManager, orderId: string, clientId: string, cancellation: string): Promise<Result<Order>> {
    const seen = await orderOf(em, orderId, clientId);
    if (seen === null) return refuse('not_found', 'You have no such operation.');
    const held = await lockPool(em, seen.poolId);
    const why: Why = { at: this.clock.now(), actor: { kind: 'client', id: clientId }, reason: 'cancelled by the client' };
    return seen.type === 'stake' ? this.stake(em, held, orderId, cancellation, why) : this.unstake(em, held, orderId, why);
  }

  /** Gives back what custody was not asked for yet. A batch that loses a part is dissolved: the others queue again in their places. */
  private async stake(em: EntityManager, held: Held, orderId: string, cancellation: string, why: Why): Promise<Result<Order>> {
    const parts = await partsOfOrders(em, [orderId]);
    const batches = await batchesById(
      em,
      parts.map((part) => part.batchId),
    );
    const open = batches.filter((batch) => isDissolvable(batch.state));
    const [order] = await lockOrders(em, [orderId]);
    if (!order) return refuse('not_found', 'You have no such operation.');
    for (const batch of open)
      await dissolve(em, held, batch, { ...why, actor: { kind: 'system', id: 'staking' }, reason: 'a part was cancelled' }, [order]);
    const back = order.unallocated;
    if (back === 0n) return tooLate(order);
    order.unallocated = amount(0n);
    order.cancelled = amount(order.cancelled + back);
    await followParts(em, [order], [], why);
    await this.post(em, held, order.id, [{ kind: 'stake.return', clientId: order.clientId, of: cancellation, amount: back }]);
    return ok(order);
  }

  /** Unlocks the shares, which never stopped earning. Once a report has fixed the nominal, others' sums stand on it: then it is too late. */
  private async unstake(em: EntityManager, held: Held, orderId: string, why: Why): Promise<Result<Order>> {
    const [order] = await lockOrders(em, [orderId]);
    if (!order) return refuse('not_found', 'You have no such operation.');
    if (order.state !== 'accepted' || !(await cancelRequest(em, orderId))) return tooLate(order);
    await moveUnstakes(em, [order], ['cancel'], why);
    await this.post(em, held, order.id, [{ kind: 'share.unlock', clientId: order.clientId, of: order.id, amount: order.shares }]);
    return ok(order);
  }

  private post(em: EntityManager, held: Held, reference: string, moves: readonly Move[]): Promise<void> {
    return postAll(em, toPostings(moves, causeOf(held, reference, this.clock.now())));
  }
}

const tooLate = (order: Order): Result<never> =>
  refuse('operation.not_cancellable', 'It is too late to cancel this operation.', { state: order.state });

/** Whether a cancellation would give anything back now. */
export async function cancellableNow(em: EntityManager, order: Order): Promise<boolean> {
  if (order.type === 'unstake') return order.state === 'accepted' && order.nominal === null;
  if (order.state !== 'queued') return false;
  const parts = await partsOfOrders(em, [order.id]);
  const ids = parts.map((part) => part.batchId);
  const open = (await batchesById(em, ids)).filter((batch) => isDissolvable(batch.state));
  const { unallocated, cancelled } = order;
  return cancellableOf({ unallocated, cancelled, parts }, (part) => open.some((batch) => batch.id === part.batchId)) > 0n;
}
