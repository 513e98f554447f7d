import type { EntityManager } from 'typeorm';
import { emitMany } from '#delivery';
import { accept, amount, invariant, move, type Machine, type Shares } from '#kernel';
import { OperationStateChanged } from '#messages';
import { writeHistory, type Actor, type HistoryRow } from '../history/history.store.js';
import type { Order, OrderPart } from './order.entity.js';
import { partsOfOrders, updateOrders, updateParts } from './orders.store.js';
import { follow, partMachine, stakeMachine, type PartEvent, type StakeState } from './stake.js';
import { unstakeMachine, type UnstakeEvent, type UnstakeState } from './unstake.js';

export interface Why {
  readonly at: Date;
  readonly actor: Actor;
  readonly reason?: string | null;
  readonly transactionHash?: string | null;
}

/** One step of a row along its machine, with its history. A forbidden move is a mistake of ours. */
export function step<S extends string, E extends string>(
  machine: Machine<S, E>,
  noun: HistoryRow['noun'],
  row: { state: S; version: number; stateSince?: Date },
  resourceId: string,
  event: E,
  why: Why,
): HistoryRow {
  const from = row.state;
  row.state = accept(move(machine, from, event));
  row.version += 1;
  if ('stateSince' in row) row.stateSince = why.at;
  const { actor, reason, transactionHash, at } = why;
  return {
    noun,
    resourceId,
    version: row.version,
    from,
    to: row.state,
    event,
    actor,
    reason: reason ?? null,
    transactionHash: transactionHash ?? null,
    at,
  };
}

const announced = (order: Order) => ({
  aggregate: order.id,
  payload: {
    operationId: order.id,
    clientId: order.clientId,
    type: order.type,
    state: order.state,
    productId: order.productId,
    asset: 'ETH',
    amount: (order.state === 'settled' || order.state === 'instant_settled' ? order.settled : order.requested).toString(),
  },
});

/** `correlations` by order, where requests share a transaction. */
export const announce = (
  em: EntityManager,
  orders: readonly Order[],
  correlations?: ReadonlyMap<string, string | undefined>,
): Promise<void> =>
  emitMany(
    em,
    OperationStateChanged,
    orders.map((order) => ({ ...announced(order), correlation: correlations?.get(order.id) })),
  );

/** Moves exits along: writes rows, history and messages. Several events are several steps of history and one message. */
export async function moveUnstakes(em: EntityManager, orders: readonly Order[], events: readonly UnstakeEvent[], why: Why): Promise<void> {
  const history = orders.flatMap((order) =>
    events.map((event) => step(unstakeMachine, 'unstake', order as Order & { state: UnstakeState }, order.id, event, why)),
  );
  await updateOrders(em, orders);
  await writeHistory(em, history);
  await announce(em, orders);
}

export interface PartMove {
  readonly part: OrderPart;
  readonly event: PartEvent;
  readonly minted?: Shares;
}

/**
 * Moves parts of stakes, then brings each order to the state of its least advanced part. `orders` are locked by the caller and contain the
 * order of every part; changes that the caller made to them (unallocated, cancelled) are written too.
 */
export async function moveParts(em: EntityManager, orders: readonly Order[], moves: readonly PartMove[], why: Why): Promise<void> {
  const byId = new Map(orders.map((order) => [order.id, order]));
  const history: HistoryRow[] = [];
  for (const { part, event, minted } of moves) {
    const order = byId.get(part.orderId);
    invariant(order !== undefined, 'part.order_not_locked', { part: part.id });
    history.push(step(partMachine, 'part', part, part.id, event, why));
    if (event === 'mint') {
      part.shares = minted ?? part.shares;
      order.shares = (order.shares + part.shares) as Shares;
      order.settled = amount(order.settled + part.amount);
    }
    if (event === 'return' || event === 'recall') order.unallocated = amount(order.unallocated + part.amount);
    if (event === 'fail') {
      order.reasonCode = 'stake.transaction_failed';
      order.reasonDetail = 'The deposit did not succeed on chain; the money is available again.';
    }
    if (event === 'refund') {
      order.reasonCode = 'stake.made_good';
      order.reasonDetail = 'A part of this stake could not be activated. We made it good: the money is available again.';
    }
  }
  await updateParts(
    em,
    moves.map((m) => m.part),
  );
  await followParts(em, orders, history, why);
}

/** Brings orders to the state of their least advanced part and writes them. */
export async function followParts(em: EntityManager, orders: readonly Order[], history: HistoryRow[], why: Why): Promise<void> {
  const parts = await partsOfOrders(
    em,
    orders.map((o) => o.id),
  );
  const moved: Order[] = [];
  const byOrder = new Map<string, OrderPart[]>(orders.map((order) => [order.id, []]));
  for (const part of parts) byOrder.get(part.orderId)?.push(part);
  for (const order of orders) {
    const own = byOrder.get(order.id) ?? [];
    const event = follow(order.state as StakeState, { unallocated: order.unallocated, cancelled: order.cancelled, parts: own });
    if (event === null) continue;
    history.push(step(stakeMachine, 'stake', order as Order & { state: StakeState }, order.id, event, why));
    moved.push(order);
  }
  await updateOrders(em, orders);
  await writeHistory(em, history);
  await announce(em, moved);
}
