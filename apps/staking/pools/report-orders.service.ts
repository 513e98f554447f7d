import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { amount, invariant, NO_SHARES, newUuid, uuid5 } from '#kernel';
import { Batch } from '../batches/batch.entity.js';
import { insertBatch } from '../batches/batches.store.js';
import { OrderPart, type Order } from '../orders/order.entity.js';
import { followParts, moveParts, type Why } from '../orders/order-moves.store.js';
import { insertParts, lockOrders, partsById } from '../orders/orders.store.js';
import { waitingOf } from '../orders/waiting.store.js';
import type { Waiting } from './closing.js';
import type { Held } from './pools.store.js';
import type { Applied, Netted } from './report.js';

/**
 * Stakes that pay leavers by one report. Leavers may wait for any amount, and a report is one transaction that holds the pool: with more and
 * smaller stakes than this the rest of the queue is paid by the next one.
 */
const NETTED_AT_ONCE = 50_000;

/** What a report does to the orders of those who enter. */
@Injectable()
export class ReportOrders {
  /** Stakes in no batch, placed by then, first in, first out, as many as bring what is asked; a client who is held keeps the place and is passed over. */
  async waiting(em: EntityManager, poolId: string, asked: bigint, placedBy: Date | null): Promise<Waiting[]> {
    if (asked <= 0n) return [];
    const stakes = await waitingOf(em, poolId, amount(asked), NETTED_AT_ONCE, placedBy);
    return stakes.map(({ orderId, clientId, unallocated }) => ({ orderId, clientId, amount: unallocated }));
  }

  async enter(em: EntityManager, held: Held, applied: Applied, why: Why): Promise<void> {
    await this.mint(em, applied.minted, why);
    await this.net(em, held, applied.netted, why);
  }

  private async mint(em: EntityManager, minted: Applied['minted'], why: Why): Promise<void> {
    if (minted.length === 0) return;
    const parts = await partsById(
      em,
      minted.map((m) => m.partId),
    );
    const orders = await lockOrders(em, [...new Set(parts.map((part) => part.orderId))]);
    const issued = new Map(minted.map((m) => [m.partId, m.shares]));
    const moves = parts.map((part) => ({ part, event: 'mint' as const, minted: issued.get(part.id) ?? NO_SHARES }));
    await moveParts(em, orders, moves, why);
  }

  /** A batch that never goes on chain: what it took of the stakes is active at once. */
  private async net(em: EntityManager, { row, product }: Held, netted: readonly Netted[], why: Why): Promise<void> {
    if (netted.length === 0) return;
    const total = amount(netted.reduce((sum, n) => sum + n.amount, 0n));
    const batch = Object.assign(new Batch(), {
      ...{ id: newUuid(), poolId: row.id, kind: 'netting', protection: product.depositProtection, state: 'active', amount: total },
      ...{ fill: amount(0n), attempt: 1, createdAt: why.at, stateSince: why.at, version: 1, reason: why.reason ?? null },
      ...{ retryAt: null, keyRequestId: null, pubkey: null, withdrawalCredentials: null, signature: null, depositDataRoot: null },
      ...{ keyPath: null, transactionRequestId: null, transactionHash: null, topUpKeyRequestId: null, topUpSignature: null },
      ...{ topUpDataRoot: null, topUpRequestId: null, topUpHash: null, operatorId: null },
    });
    await insertBatch(em, batch);
    const orders = new Map<string, Order>(
      (
        await lockOrders(
          em,
          netted.map((n) => n.orderId),
        )
      ).map((order) => [order.id, order]),
    );
    const parts = netted.map((n) => {
      const order = orders.get(n.orderId);
      invariant(order !== undefined, 'report.order_lost', { order: n.orderId });
      order.unallocated = amount(order.unallocated - n.amount);
      order.settled = amount(order.settled + n.amount);
      order.shares = (order.shares + n.shares) as Order['shares'];
      const id = uuid5('part', n.orderId, batch.id);
      return em.create(OrderPart, {
        ...{ id, orderId: n.orderId, batchId: batch.id, amount: n.amount, state: 'minted', shares: n.shares, version: 1 },
      });
    });
    await insertParts(em, parts);
    await followParts(em, [...orders.values()], [], why);
  }
}
