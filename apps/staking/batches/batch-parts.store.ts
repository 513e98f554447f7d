import type { EntityManager } from 'typeorm';
import { amount, invariant, type Amount } from '#kernel';
import { moveParts, type PartMove, type Why } from '../orders/order-moves.store.js';
import type { Order, OrderPart } from '../orders/order.entity.js';
import { lockOrders, partsOfBatch } from '../orders/orders.store.js';
import type { PartEvent } from '../orders/stake.js';
import type { Move } from '../pools/moves.js';
import { causeOf, domainOf, postAll, savePool, type Held } from '../pools/pools.store.js';
import { toPostings } from '../pools/postings.js';
import { amountOf, splitFirst, type Step } from './batch.js';
import type { Batch } from './batch.entity.js';

interface Piece {
  readonly part: OrderPart;
  readonly order: Order;
  readonly first: Amount;
  readonly rest: Amount;
}
/** The parts of a batch with their locked orders, and what of each goes with which of its deposits. */
interface Pieces {
  readonly orders: Order[];
  readonly pieces: Piece[];
  /** The same of the pool's own money in it. */
  readonly fill: { readonly first: Amount; readonly rest: Amount };
}

export async function piecesOf(em: EntityManager, batch: Batch): Promise<Pieces> {
  const parts = await partsOfBatch(em, batch.id);
  const orders = await lockOrders(em, [...new Set(parts.map((p) => p.orderId))]);
  const [fill, ...split] = splitFirst([{ amount: batch.fill }, ...parts], amountOf(batch, 'first'));
  invariant(fill !== undefined, 'batch.without_money', { batch: batch.id });
  const byId = new Map(orders.map((order) => [order.id, order]));
  const pieces = parts.map((part, i): Piece => {
    const order = byId.get(part.orderId);
    const { first, rest } = split[i] ?? {};
    invariant(order !== undefined && first !== undefined && rest !== undefined, 'part.order_not_locked', { part: part.id });
    return { part, order, first, rest };
  });
  return { orders, pieces, fill };
}

/** A deposit is signed: its part of the clients' money is on its way. */
export async function submit(em: EntityManager, held: Held, batch: Batch, step: Step, why: Why): Promise<void> {
  const { orders, pieces } = await piecesOf(em, batch);
  if (step === 'first') await moveAll(em, orders, pieces, 'submit', why);
  const moves = pieces.map(({ part, order, first, rest }): Move => {
    const of = step === 'first' ? part.id : `${part.id}/rest`;
    return { kind: 'stake.submit', clientId: order.clientId, of, amount: step === 'first' ? first : rest };
  });
  await postMoves(em, held, batch, moves, why);
}

/** Everything of the batch is final on chain. */
export async function activating(em: EntityManager, batch: Batch, why: Why): Promise<void> {
  const { orders, pieces } = await piecesOf(em, batch);
  await moveAll(em, orders, pieces, 'activate', why);
}

/** The first deposit reverted: all of it is available again, the money that was on its way and what still waited for the second. */
export async function fail(em: EntityManager, held: Held, batch: Batch, why: Why): Promise<void> {
  const { orders, pieces } = await piecesOf(em, batch);
  await moveAll(em, orders, pieces, 'fail', why);
  const moves = pieces.flatMap(({ part, order, first, rest }): Move[] => [
    { kind: 'stake.fail', clientId: order.clientId, of: part.id, amount: first },
    { kind: 'stake.return', clientId: order.clientId, of: part.id, amount: rest },
  ]);
  await postMoves(em, held, batch, moves, why);
}

/**
 * Somebody else's credentials stand on the key: what was sent is lost until people settle it, and only that. The rest never left: it queues
 * again in its old place, the pool's own part of it is free again. Posts nothing: what queues is reserved still.
 */
export async function keepOnlyFirst(em: EntityManager, held: Held, batch: Batch, why: Why): Promise<void> {
  const { orders, pieces, fill } = await piecesOf(em, batch);
  const moves = pieces.map(({ part, order, first, rest }): PartMove => {
    if (first === 0n) return { part, event: 'recall' };
    order.unallocated = amount(order.unallocated + rest);
    order.reasonCode = 'stake.under_investigation';
    order.reasonDetail = 'A small part of this stake is being looked into by our staff; the rest goes on.';
    part.amount = first;
    return { part, event: 'freeze' };
  });
  await moveParts(em, orders, moves, why);
  batch.amount = amountOf(batch, 'first');
  batch.fill = fill.first;
  const pool = domainOf(held);
  held.row.buffer = amount(pool.buffer + fill.rest);
  await savePool(em, held.row, { ...pool, buffer: held.row.buffer });
}

const moveAll = (em: EntityManager, orders: readonly Order[], pieces: readonly Piece[], event: PartEvent, why: Why): Promise<void> =>
  moveParts(
    em,
    orders,
    pieces.map(({ part }) => ({ part, event })),
    why,
  );

async function postMoves(em: EntityManager, held: Held, batch: Batch, moves: readonly Move[], why: Why): Promise<void> {
  const worth = moves.filter((move) => move.amount > 0n);
  if (worth.length > 0) await postAll(em, toPostings(worth, causeOf(held, batch.id, why.at)));
}
