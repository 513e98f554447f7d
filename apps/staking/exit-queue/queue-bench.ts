import type { EntityManager } from 'typeorm';
import type { Amount } from '#kernel';
import { SYSTEM } from '../history/history.store.js';
import type { Price } from '../pools/pool.js';
import { lockPool } from '../pools/pools.store.js';
import { publishCheckpoint } from './checkpoints.store.js';
import { payChunk, type PaidChunk } from './exit-payments.store.js';
import { cutOf, headOf, openGroups } from './exit-queue.store.js';
import { fixArrived, leaveHolders, tellNominals, type FixedGroup } from './fixing.store.js';
import { finalise, type Finalisation } from './queue.js';
import { insertRanges, openRange } from './ranges.store.js';

/** What the queue alone does, step by step and without the ledger: for benchmarks, and for specs of the queue. Each step wants a transaction. */
export interface Seeded {
  readonly orderId: string;
  readonly clientId: string;
  readonly shares: bigint;
  readonly acceptedAt: Date;
}

/** Exits with their orders and holders, in one statement: some 10,000 a call. The pool and its product stand. */
export async function seedExits(em: EntityManager, poolId: string, exits: readonly Seeded[]): Promise<void> {
  await em.query(
    `WITH asked AS (
       SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::numeric[], $5::timestamptz[]) WITH ORDINALITY AS a (order_id, client_id, shares, at, n)
     ), orders AS (
       INSERT INTO staking.orders (id, client_id, type, product_id, pool_id, state, state_since, created_at, requested, accepted, settled, unallocated, cancelled, shares, version)
       SELECT order_id, client_id, 'unstake', (SELECT id FROM staking.product WHERE pool_id = $1), $1, 'accepted', at, at, 0, 0, 0, 0, 0, shares, 1 FROM asked
     ), holders AS (
       INSERT INTO staking.holder (pool_id, client_id, shares, index_paid, remainder) SELECT $1, client_id, sum(shares), 0, 0 FROM asked GROUP BY client_id
     )
     INSERT INTO staking.exit_request (order_id, pool_id, client_id, shares, accepted_at)
     SELECT order_id, $1, client_id, shares, at FROM asked ORDER BY n`,
    [
      poolId,
      exits.map((e) => e.orderId),
      exits.map((e) => e.clientId),
      exits.map((e) => e.shares.toString()),
      exits.map((e) => e.acceptedAt),
    ],
  );
}

/** What a report does to those who arrived: a group, with places, nominals and sums. */
export async function fixSeeded(
  em: EntityManager,
  poolId: string,
  report: number,
  price: Price,
  at: Date,
  closedAt: Date | null = null,
): Promise<FixedGroup> {
  await lockPool(em, poolId);
  const group = await fixArrived(em, poolId, { report, price, at, closedAt });
  if (group.requests === 0) return group;
  await tellNominals(em, group);
  await leaveHolders(em, group, new Map([['standard', 0n]]));
  return group;
}

/** What a report does to those who wait: ranges, as far as the money goes. Equal for ten and for a million. */
export async function finaliseSeeded(
  em: EntityManager,
  poolId: string,
  report: number,
  price: Price,
  money: Amount,
  at: Date,
  until: bigint | null = null,
): Promise<Finalisation[]> {
  await lockPool(em, poolId);
  const head = await headOf(em, poolId);
  const finalised = await finalise(head, await openGroups(em, poolId, head), price, money, cutOf(em, poolId), until);
  await insertRanges(em, poolId, report, finalised, at);
  return finalised;
}

export const publishSeeded = (em: EntityManager, poolId: string, report: number, at: Date): Promise<void> =>
  publishCheckpoint(em, poolId, report, at);

/** One chunk of what is to be settled; null when nothing is left. Its moves are handed back, not posted. */
export async function settleSeeded(em: EntityManager, poolId: string, most: number, at: Date): Promise<PaidChunk | null> {
  const held = await lockPool(em, poolId);
  const range = await openRange(em, poolId);
  return range && payChunk(em, held, range, most, { at, actor: SYSTEM });
}
