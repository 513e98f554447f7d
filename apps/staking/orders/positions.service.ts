import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { money } from '#http';
import { mulDiv, refuse, Refused, smaller, type AssetCode } from '#kernel';
import { ownerBalances, type AccountKindName, type Balance } from '#ledger';
import { priceOf, redeemedFor, type Price } from '../pools/pool.js';
import { domainOf, poolOf } from '../pools/pools.store.js';
import { indexIn } from '../pools/tiers.js';
import type { Product } from '../products/product.entity.js';
import { allProducts } from '../products/products.store.js';
import { accruedOf } from '../settlement/holder.js';
import { holderOf } from '../settlement/settlement.store.js';
import { ratio } from '../wire.js';
import type { Order, OrderPart } from './order.entity.js';
import { ordersOf, partsOfOrders } from './orders.store.js';

/** What a client has in each product, by state. */
@Injectable()
export class PositionsService {
  constructor(private readonly transactor: Transactor) {}

  /** By its product. */
  async one(clientId: string, id: string): Promise<object> {
    const found = (await this.list(clientId)).find((position) => 'id' in position && position.id === id);
    if (!found) throw new Refused(refuse('not_found', 'You have no such position.').refusal);
    return found;
  }

  list(clientId: string): Promise<object[]> {
    return this.transactor.read(async (em) => {
      const balances = await ownerBalances(em, clientId);
      const orders = await ordersOf(em, clientId);
      const views: object[] = [];
      for (const product of await allProducts(em)) {
        const own = orders.filter((o) => o.productId === product.id);
        if (own.length > 0) views.push(await this.position(em, product, clientId, own, balances));
      }
      return views;
    });
  }

  private async position(em: EntityManager, product: Product, clientId: string, orders: readonly Order[], balances: readonly Balance[]) {
    const row = await poolOf(em, product.poolId);
    if (row === null) return {};
    const pool = domainOf({ row, product });
    const price = priceOf(pool);
    const balance = (kind: AccountKindName, asset: AssetCode): bigint =>
      balances.find((b) => b.kind === kind && b.asset === asset)?.balance ?? 0n;
    const free = balance('client.shares', row.shareAsset);
    const locked = balance('client.shares_locked', row.shareAsset);
    const parts = await partsOfOrders(
      em,
      orders.filter((o) => o.type === 'stake').map((o) => o.id),
    );
    const holder = await holderOf(em, row.id, clientId);
    const accrued = holder ? accruedOf(holder, indexIn(pool, holder.tier)) : 0n;
    const { asset } = product;
    const queued = orders.reduce((sum, o) => sum + o.unallocated, 0n) + sumOf(parts, ['allocated']);
    const exiting = orders.filter((o) => o.type === 'unstake' && isLeaving(o)).reduce((sum, o) => sum + leavingWorth(price, o), 0n);
    return {
      id: product.id,
      product_id: product.id,
      asset,
      buckets: {
        available: money(asset, balance('client.available', asset)),
        reserved: money(asset, balance('client.reserved', asset)),
        queued: money(asset, queued),
        activating: money(asset, sumOf(parts, ['submitted', 'activating', 'frozen'])),
        active: money(asset, worth(price, free)),
        exiting: money(asset, exiting),
        claimable: money(asset, balance('client.unbonding', asset)),
        locked: money(asset, 0n),
      },
      shares: money(row.shareAsset, free + locked),
      shares_locked: money(row.shareAsset, locked),
      share_rate: ratio(price.value, price.shares),
      value: money(asset, worth(price, free) + exiting),
      cost_basis: money(asset, costBasis(orders, free + locked)),
      mode: product.mode,
      // payout: what the index earned · compound: rewards are in the value, and here is what the client's tier gets back of the commission
      rewards: {
        accrued: money(asset, accrued),
        settled_unpaid: money(asset, product.mode === 'payout' ? balance('client.rewards', asset) : 0n),
      },
      available_actions: [
        { action: 'unstake', allowed: free > 0n, disabled_reason: free > 0n ? null : 'There are no active shares outside other exits.' },
      ],
    };
  }
}

const isLeaving = (order: Order): boolean => order.state === 'accepted' || order.state === 'exit_scheduled' || order.state === 'unbonding';
const worth = (price: Price, held: bigint): bigint =>
  price.shares === 0n ? 0n : redeemedFor(price, held as Parameters<typeof redeemedFor>[1]);
/** What an exit is worth now: its nominal, or what its shares are worth where that has become less (A5). */
const leavingWorth = (price: Price, { nominal, shares }: Order): bigint =>
  nominal === null ? worth(price, shares) : smaller<bigint>(nominal, worth(price, shares));
const sumOf = (parts: readonly OrderPart[], states: readonly OrderPart['state'][]): bigint =>
  parts.filter((part) => states.includes(part.state)).reduce((sum, part) => sum + part.amount, 0n);

/** Average cost of the shares still held. */
function costBasis(orders: readonly Order[], held: bigint): bigint {
  const stakes = orders.filter((o) => o.type === 'stake');
  const minted = stakes.reduce((sum, o) => sum + o.shares, 0n);
  const paid = stakes.reduce((sum, o) => sum + o.settled, 0n);
  return minted === 0n ? 0n : mulDiv(paid, held, minted, 'floor');
}
