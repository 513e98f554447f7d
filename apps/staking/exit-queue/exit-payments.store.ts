import type { EntityManager } from 'typeorm';
import { amount, invariant, NO_SHARES, shares, ZERO, type Amount, type Shares } from '#kernel';
import type { Move } from '../pools/moves.js';
import type { Held } from '../pools/pools.store.js';
import { moveUnstakes, type Why } from '../orders/order-moves.store.js';
import { lockOrders } from '../orders/orders.store.js';
import type { ExitRange } from './exit-range.entity.js';
import { priceOfRange } from './exit-queue.store.js';
import { takeOwed } from './fixing.store.js';
import { dueOf, markPaid, saveProgress, type Due } from './ranges.store.js';
import { movesOf, settleChunk, surplusOf, type Payment } from './settling.js';

/** What a chunk of a range moves. The caller posts it, and takes `burnt` from and adds `surplus` to the pool. */
export interface PaidChunk {
  readonly moves: readonly Move[];
  readonly burnt: Shares;
  readonly surplus: Amount;
  readonly requests: number;
}
export const NOTHING_PAID: PaidChunk = { moves: [], burnt: NO_SHARES, surplus: ZERO, requests: 0 };

export const together = (a: PaidChunk, b: PaidChunk): PaidChunk => ({
  moves: [...a.moves, ...b.moves],
  burnt: shares(a.burnt + b.burnt),
  surplus: amount(a.surplus + b.surplus),
  requests: a.requests + b.requests,
});

/** Pays the next requests of a range, and what their clients had earned; its orders follow. The caller holds the pool. Progress, payments and orders stand or fall together. */
export async function payChunk(em: EntityManager, { product }: Held, range: ExitRange, most: number, why: Why): Promise<PaidChunk> {
  const due = await dueOf(em, range, most);
  const last = due.at(-1);
  invariant(last !== undefined, 'exit_range.nothing_due', { range: range.id });
  const chunk = settleChunk(due, { basis: range.basis, price: priceOfRange(range) });
  await markPaid(
    em,
    chunk.payments.map(({ request, payout }) => ({ orderId: request.orderId, payout })),
  );
  await settleOrders(em, chunk.payments, why);
  range.settledPlace = last.place;
  range.settled = amount(range.settled + chunk.paid);
  range.requests += due.length;
  const moves = [...(product.mode === 'payout' ? await settleRewards(em, range.poolId, due) : []), ...chunk.payments.flatMap(movesOf)];
  const done = range.settledPlace === range.toPlace;
  if (done) {
    range.surplus = surplusOf(range);
    range.settledAt = why.at;
    if (range.surplus > 0n) moves.push({ kind: 'exit.surplus', of: range.id, amount: range.surplus });
  }
  await saveProgress(em, range);
  return { moves, burnt: chunk.burnt, surplus: range.surplus ?? ZERO, requests: due.length };
}

/** What the report that fixed them did not settle because they were many. */
async function settleRewards(em: EntityManager, poolId: string, due: readonly Due[]): Promise<Move[]> {
  const first = new Map(due.flatMap(({ clientId, orderId }) => (clientId === null ? [] : [[clientId, orderId] as const])).reverse());
  const owed = await takeOwed(em, poolId, [...first.keys()]);
  return owed.map(({ clientId, amount: units }) => ({
    kind: 'reward.settle',
    clientId,
    of: first.get(clientId) ?? clientId,
    amount: units,
  }));
}

/** Clients' orders come to their end; those of the instant buffer had come to it when the client was paid. */
async function settleOrders(em: EntityManager, payments: readonly Payment<Due>[], why: Why): Promise<void> {
  const byOrder = new Map(
    payments.flatMap(({ request, payout }) => (request.clientId === null ? [] : [[request.orderId, payout] as const])),
  );
  if (byOrder.size === 0) return;
  const orders = await lockOrders(em, [...byOrder.keys()]);
  invariant(orders.length === byOrder.size, 'exit_request.order_lost', { orders: orders.length, requests: byOrder.size });
  for (const order of orders) order.settled = byOrder.get(order.id) ?? ZERO;
  await moveUnstakes(em, orders, ['finalise', 'settle'], why);
}
