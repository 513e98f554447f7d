import { Injectable } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';
import { invariant } from '#kernel';
import { OrderPart } from '../orders/order.entity.js';
import { moveParts, moveUnstakes, type Why } from '../orders/order-moves.store.js';
import { lockOrders, updateOrders } from '../orders/orders.store.js';
import type { Applied } from './report.js';

/** What a report does to orders: nominals, payments, mints. */
@Injectable()
export class ReportOrders {
  async settle(em: EntityManager, applied: Applied, why: Why): Promise<void> {
    const parts = await em.find(OrderPart, { where: { id: In(applied.minted.map((m) => m.partId)) }, order: { id: 'ASC' } });
    const ids = [...applied.fixed.map((f) => f.orderId), ...applied.paid.map((p) => p.orderId), ...parts.map((p) => p.orderId)];
    const orders = new Map((await lockOrders(em, [...new Set(ids)])).map((order) => [order.id, order]));
    const order = (id: string) => {
      const found = orders.get(id);
      invariant(found !== undefined, 'report.order_lost', { order: id });
      return found;
    };

    const fixed = applied.fixed.map(({ orderId, nominal }) => Object.assign(order(orderId), { nominal }));
    const paid = applied.paid.map(({ orderId, amount: settled }) => Object.assign(order(orderId), { settled }));
    await updateOrders(
      em,
      fixed.filter((o) => !paid.includes(o)),
    );
    if (paid.length > 0) await moveUnstakes(em, paid, ['finalise', 'settle'], why);

    const minted = new Map(applied.minted.map((m) => [m.partId, m.shares]));
    const moves = parts.map((part) => ({ part, event: 'mint' as const, minted: minted.get(part.id) }));
    const stakes = [...new Set(parts.map((part) => part.orderId))].map(order);
    await moveParts(
      em,
      stakes,
      moves.map(({ part, event, minted: shares }) => ({ part, event, ...(shares === undefined ? {} : { minted: shares }) })),
      why,
    );
  }
}
