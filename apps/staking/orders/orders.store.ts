import { Any, type EntityManager } from 'typeorm';
import { Order, OrderPart } from './order.entity.js';

/** Locks orders in the order of their ids. */
export const lockOrders = async (em: EntityManager, ids: readonly string[]): Promise<Order[]> =>
  ids.length === 0 ? [] : em.find(Order, { where: { id: Any(ids) }, order: { id: 'ASC' }, lock: { mode: 'pessimistic_write' } });

export const orderOf = (em: EntityManager, id: string, clientId: string): Promise<Order | null> => em.findOneBy(Order, { id, clientId });

export const ordersOf = (em: EntityManager, clientId: string): Promise<Order[]> =>
  em.find(Order, { where: { clientId }, order: { place: 'ASC' } });

/** A client's orders that are not at their end, oldest first. */
export function openOrdersOf(em: EntityManager, clientId: string, productId: string): Promise<Order[]> {
  return em
    .createQueryBuilder(Order, 'o')
    .where(`o.clientId = :clientId AND o.productId = :productId`, { clientId, productId })
    .andWhere(`o.state NOT IN ('rejected', 'cancelled', 'expired', 'failed_reversed', 'settled', 'instant_settled')`)
    .orderBy('o.place', 'ASC')
    .getMany();
}

export interface OrderFilter {
  readonly clientId: string;
  readonly type?: string;
  readonly state?: string;
}
export function pageOfOrders(
  em: EntityManager,
  filter: OrderFilter,
  limit: number,
  before?: { createdAt: Date; id: string },
): Promise<Order[]> {
  const query = em.createQueryBuilder(Order, 'o').where('o.clientId = :clientId', { clientId: filter.clientId });
  if (filter.type !== undefined) query.andWhere('o.type = :type', { type: filter.type });
  if (filter.state !== undefined) query.andWhere('o.state = :state', { state: filter.state });
  if (before) query.andWhere('(o.createdAt, o.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('o.createdAt', 'DESC').addOrderBy('o.id', 'DESC').limit(limit).getMany();
}

/** New orders in one statement; their places follow the list. */
export async function insertOrders(em: EntityManager, orders: readonly Omit<Order, 'place'>[]): Promise<void> {
  if (orders.length === 0) return;
  const list = (pick: (o: Omit<Order, 'place'>) => unknown): unknown[] => orders.map(pick);
  await em.query(
    `INSERT INTO staking.orders (id, client_id, type, product_id, pool_id, state, state_since, created_at, requested, accepted, settled, unallocated,
       cancelled, shares, instant, quote_id, client_ref, disclosure_version, disclosure_hash, version)
     SELECT o.id, o.client_id, o.type, o.product_id, o.pool_id, o.state, o.at, o.at, o.requested, o.requested, o.settled, o.unallocated,
       0, o.shares, o.instant, o.quote_id, o.client_ref, o.disclosure_version, o.disclosure_hash, o.version
     FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::numeric[], $9::numeric[], $10::numeric[],
       $11::boolean[], $12::numeric[], $13::uuid[], $14::text[], $15::int[], $16::text[], $17::int[])
       WITH ORDINALITY AS o (id, client_id, type, product_id, pool_id, state, at, requested, unallocated, shares, instant, settled, quote_id, client_ref,
         disclosure_version, disclosure_hash, version, n)
     ORDER BY o.n`,
    [
      list((o) => o.id),
      list((o) => o.clientId),
      list((o) => o.type),
      list((o) => o.productId),
      list((o) => o.poolId),
      list((o) => o.state),
      list((o) => o.createdAt),
      list((o) => o.requested.toString()),
      list((o) => o.unallocated.toString()),
      list((o) => o.shares.toString()),
      list((o) => o.instant),
      list((o) => o.settled.toString()),
      list((o) => o.quoteId),
      list((o) => o.clientRef),
      list((o) => o.disclosureVersion),
      list((o) => o.disclosureHash),
      list((o) => o.version),
    ],
  );
}

/** Writes back what a move can change, in one statement. The rows are locked by the caller. */
export async function updateOrders(em: EntityManager, orders: readonly Order[]): Promise<void> {
  if (orders.length === 0) return;
  const rows = orders.map((o) => ({
    id: o.id,
    state: o.state,
    state_since: o.stateSince,
    accepted: o.accepted.toString(),
    settled: o.settled.toString(),
    unallocated: o.unallocated.toString(),
    cancelled: o.cancelled.toString(),
    shares: o.shares.toString(),
    nominal: o.nominal?.toString() ?? null,
    exit_pubkey: o.exitPubkey,
    reason_code: o.reasonCode,
    reason_detail: o.reasonDetail,
    version: o.version,
  }));
  await em.query(
    `UPDATE staking.orders o SET state = c.state, state_since = c.state_since, accepted = c.accepted::numeric, settled = c.settled::numeric,
       unallocated = c.unallocated::numeric, cancelled = c.cancelled::numeric, shares = c.shares::numeric, nominal = c.nominal::numeric,
       exit_pubkey = c.exit_pubkey, reason_code = c.reason_code, reason_detail = c.reason_detail, version = c.version
     FROM json_to_recordset($1::json) AS c (id uuid, state text, state_since timestamptz, accepted text, settled text, unallocated text, cancelled text,
       shares text, nominal text, exit_pubkey text, reason_code text, reason_detail text, version int) WHERE o.id = c.id`,
    [JSON.stringify(rows)],
  );
}

export const partsOfOrders = (em: EntityManager, orderIds: readonly string[]): Promise<OrderPart[]> =>
  em.find(OrderPart, { where: { orderId: Any(orderIds) }, order: { id: 'ASC' } });

export const partsById = (em: EntityManager, ids: readonly string[]): Promise<OrderPart[]> =>
  em.find(OrderPart, { where: { id: Any(ids) }, order: { id: 'ASC' } });

export const partsOfBatch = (em: EntityManager, batchId: string): Promise<OrderPart[]> =>
  em.find(OrderPart, { where: { batchId }, order: { id: 'ASC' } });

/** In one statement, with seven parameters however many they are: those of one statement are counted in 16 bits. */
export async function insertParts(em: EntityManager, parts: readonly OrderPart[]): Promise<void> {
  if (parts.length === 0) return;
  await em.query(
    `INSERT INTO staking.order_part (id, order_id, batch_id, amount, state, shares, version)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::numeric[], $5::text[], $6::numeric[], $7::int[])`,
    [
      parts.map((p) => p.id),
      parts.map((p) => p.orderId),
      parts.map((p) => p.batchId),
      parts.map((p) => p.amount.toString()),
      parts.map((p) => p.state),
      parts.map((p) => p.shares.toString()),
      parts.map((p) => p.version),
    ],
  );
}

export async function updateParts(em: EntityManager, parts: readonly OrderPart[]): Promise<void> {
  if (parts.length === 0) return;
  const rows = parts.map((p) => ({
    id: p.id,
    state: p.state,
    amount: p.amount.toString(),
    shares: p.shares.toString(),
    version: p.version,
  }));
  await em.query(
    `UPDATE staking.order_part p SET state = c.state, amount = c.amount::numeric, shares = c.shares::numeric, version = c.version
     FROM json_to_recordset($1::json) AS c (id uuid, state text, amount text, shares text, version int) WHERE p.id = c.id`,
    [JSON.stringify(rows)],
  );
}

/** Sum of stakes in no batch. */
export async function queuedOf(em: EntityManager, poolId: string): Promise<bigint> {
  const [row]: { sum: string }[] = await em.query(
    'SELECT coalesce(sum(unallocated), 0)::text AS sum FROM staking.orders WHERE pool_id = $1 AND unallocated > 0',
    [poolId],
  );
  return BigInt(row?.sum ?? '0');
}

/** Client money in validators that are active, and in top-ups that are final, not minted yet. */
export async function unmintedOf(
  em: EntityManager,
  poolId: string,
): Promise<{ partId: string; orderId: string; clientId: string; pubkey: string; amount: bigint; topUp: string | undefined }[]> {
  const rows: { part_id: string; order_id: string; client_id: string; pubkey: string; amount: string; top_up: string | null }[] =
    await em.query(
      `SELECT p.id AS part_id, p.order_id, o.client_id, b.pubkey, p.amount::text, CASE WHEN b.kind = 'top_up' AND b.state = 'deposited' THEN b.id END AS top_up
         FROM staking.batch b JOIN staking.order_part p ON p.batch_id = b.id JOIN staking.orders o ON o.id = p.order_id
        WHERE b.pool_id = $1 AND p.state = 'activating' AND (b.state = 'active' OR b.kind = 'top_up' AND b.state = 'deposited')
        ORDER BY o.place, p.id`,
      [poolId],
    );
  return rows.map((r) => ({
    partId: r.part_id,
    orderId: r.order_id,
    clientId: r.client_id,
    pubkey: r.pubkey,
    amount: BigInt(r.amount),
    topUp: r.top_up ?? undefined,
  }));
}
