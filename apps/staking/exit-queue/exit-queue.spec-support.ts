import type { EntityManager } from 'typeorm';
import type { Transactor } from '#database';
import { amount, newUuid, NO_SHARES, shares, ZERO, type Amount } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import { Order } from '../orders/order.entity.js';
import { PoolRow, PoolTier } from '../pools/pool.entity.js';
import type { Price } from '../pools/pool.js';
import { Product } from '../products/product.entity.js';
import { HolderRow } from '../settlement/holder.entity.js';
import type { PaidChunk } from './exit-payments.store.js';
import { exitQueueFeature } from './exit-queue.feature.js';
import { finaliseSeeded, fixSeeded, publishSeeded, seedExits, settleSeeded } from './queue-bench.js';

export const QUEUE_POOL = 'queue-pool';
export const at = (ms = 0): Date => new Date(1_760_000_000_000 + ms);
export const priceOfUnits = (value: bigint, issued: bigint): Price => ({ value: amount(value), shares: shares(issued) });
class Killed extends Error {}

/** The queue of one pool on a database of its own, without the rest of the room: nothing is posted. */
export class QueueOnPostgres {
  private arrived = 0;
  private constructor(
    readonly database: TestDatabase,
    readonly transactor: Transactor,
  ) {}

  static async open(): Promise<QueueOnPostgres> {
    const database = await createTestDatabase();
    const entities = [...exitQueueFeature.entities, Order, PoolRow, PoolTier, Product, HolderRow];
    const queue = new QueueOnPostgres(database, await database.transactor('staking', entities));
    await queue.reset();
    return queue;
  }

  /** An empty queue in a new pool. */
  async reset(): Promise<void> {
    const { admin } = this.database;
    await admin.query('TRUNCATE staking.product, staking.orders, staking.exit_request, staking.history CASCADE');
    await admin.query(
      `INSERT INTO staking.product (id, asset, kind, mode, chain, pool_id, minimum, commission_bps, created_at)
         VALUES ('queue', 'ETH', 'pos_staking', 'payout', 'ethereum', $1, 0, 0, now())`,
      [QUEUE_POOL],
    );
    await admin.query(
      `INSERT INTO staking.pool (id, share_asset, assets, shares, fixed_shares, carried_reward, loss_carried, buffer, credited, collected, report_number, created_at)
         VALUES ($1, 'ETH-PAYOUT-1', 0, 0, 0, 0, 0, 0, 0, 0, 0, now())`,
      [QUEUE_POOL],
    );
  }

  run<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.transactor.run(work);
  }
  query<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return this.database.admin.query<T[]>(sql, parameters);
  }

  /** Exits of so many shares each, each of a client of its own. Returns their ids. */
  async arrive(list: readonly bigint[]): Promise<string[]> {
    const exits = list.map((units) => ({ orderId: newUuid(), clientId: newUuid(), shares: units, acceptedAt: at(this.arrived++) }));
    for (let from = 0; from < exits.length; from += 10_000)
      await this.run((em) => seedExits(em, QUEUE_POOL, exits.slice(from, from + 10_000)));
    return exits.map((exit) => exit.orderId);
  }

  /** A report: fixes what arrived, pays what there is money for, publishes. Returns what it set aside, range by range. */
  report(report: number, price: Price, money: Amount, until: bigint | null = null) {
    return this.run(async (em) => {
      await fixSeeded(em, QUEUE_POOL, report, price, at(report));
      const finalised = await finaliseSeeded(em, QUEUE_POOL, report, price, money, at(report), until);
      await publishSeeded(em, QUEUE_POOL, report, at(report));
      return finalised;
    });
  }

  /** One chunk of what is to be settled; null when there is nothing. `dies`: before it commits. */
  async settle(most: number, dies = false): Promise<PaidChunk | null> {
    try {
      return await this.run(async (em) => {
        const chunk = await settleSeeded(em, QUEUE_POOL, most, at());
        if (dies) throw new Killed();
        return chunk;
      });
    } catch (error) {
      if (error instanceof Killed) return { moves: [], burnt: NO_SHARES, surplus: ZERO, requests: 0 };
      throw error;
    }
  }

  close(): Promise<void> {
    return this.database.close();
  }
}
