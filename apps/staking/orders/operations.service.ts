import { Injectable } from '@nestjs/common';
import { record } from '#audit';
import { Transactor } from '#database';
import { page, type Answer, type Operation, type Page, Requests } from '#http';
import { accept, invariant, ok, refuse, Refused, uuidOf, ZERO } from '#kernel';
import { batchesById } from '../batches/batches.store.js';
import { ExitEtas } from '../exit-queue/exit-etas.service.js';
import { requestOf } from '../exit-queue/exit-queue.store.js';
import type { ExitRequest } from '../exit-queue/exit-request.entity.js';
import { stepsOf } from '../history/history.store.js';
import { bunkerView } from '../losses/bunker.js';
import type { PartialWithdrawal } from '../partials/partial-withdrawal.entity.js';
import { openPartials } from '../partials/partials.store.js';
import { poolOf } from '../pools/pools.store.js';
import type { Product } from '../products/product.entity.js';
import { productOf } from '../products/products.store.js';
import { CancellationService, cancellableNow } from './cancellation.service.js';
import { EtaService } from './eta.service.js';
import { operationView, type EtaView } from './operation-view.js';
import type { Order } from './order.entity.js';
import type { OperationsQuery } from './orders.dto.js';
import { orderOf, pageOfOrders, partsOfOrders } from './orders.store.js';
import type { EntityManager } from 'typeorm';

const over = new Set(['active', 'settled', 'instant_settled', 'rejected', 'cancelled', 'expired', 'failed_reversed']);
const NOT_FOUND = refuse('not_found', 'You have no such operation.');

/** A client's orders, as resources to watch. */
@Injectable()
export class OperationsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly requests: Requests,
    private readonly cancellation: CancellationService,
    private readonly etas: EtaService,
    private readonly exitEtas: ExitEtas,
  ) {}

  async list(clientId: string, query: OperationsQuery): Promise<Page<object>> {
    const filter = { clientId, ...(query.type ? { type: query.type } : {}), ...(query.state ? { state: query.state } : {}) };
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'staking.operations', ...filter },
        fetch: async (limit, before) => {
          const rows: { order: Order; shown: object }[] = [];
          for (const order of await pageOfOrders(em, filter, limit, before)) {
            rows.push({ order, shown: operationView(order, await cancellableNow(em, order), await aboutOf(em, order)) });
          }
          return rows;
        },
        at: ({ order }) => ({ createdAt: order.createdAt, id: order.id }),
        show: ({ shown }) => shown,
      }),
    );
  }

  async one(clientId: string, id: string): Promise<object> {
    const orderId = uuidOf('operation', id);
    const found = orderId === null ? null : await this.transactor.read((em) => this.load(em, orderId, clientId));
    if (found === null) throw new Refused(NOT_FOUND.refusal);
    const { order, about, cancellable, detail, request, partial } = found;
    const eta = await this.etaOf(order, found.product, request, partial);
    return operationView(order, cancellable, about, { ...detail, eta });
  }

  /** An exit's is that of its place in the queue. */
  private async etaOf(
    order: Order,
    product: Product,
    request: ExitRequest | null,
    partial: PartialWithdrawal | null,
  ): Promise<EtaView | null> {
    if (over.has(order.state)) return null;
    if (order.type === 'stake') return this.etas.recent('stake', product, ZERO);
    return request && this.exitEtas.of(product, request, partial?.amount ?? null);
  }

  cancel(clientId: string, id: string, operation: Operation): Promise<Answer> {
    return this.requests.once(operation, async (em) => {
      const orderId = uuidOf('operation', id);
      if (orderId === null) return NOT_FOUND;
      const result = await this.cancellation.cancel(em, orderId, clientId, operation.id);
      if (!result.ok) return result;
      await record(em, { actor: { kind: 'client', id: clientId }, action: `${result.value.type}.cancel`, resource: id });
      const { order, about, cancellable, detail } = accept(await this.loaded(em, orderId, clientId));
      return ok({ status: 200, body: operationView(order, cancellable, about, { ...detail, eta: null }) });
    });
  }

  private async loaded(em: EntityManager, orderId: string, clientId: string) {
    const found = await this.load(em, orderId, clientId);
    return found === null ? NOT_FOUND : ok(found);
  }

  private async load(em: EntityManager, orderId: string, clientId: string) {
    const order = await orderOf(em, orderId, clientId);
    if (order === null) return null;
    const parts = await partsOfOrders(em, [orderId]);
    const batchIds = parts.map((p) => p.batchId);
    const batches = new Map((await batchesById(em, batchIds)).map((b) => [b.id, b]));
    const sent = await stepsOf(em, 'batch', batchIds);
    const steps = (await stepsOf(em, order.type, [orderId])).get(orderId) ?? [];
    const shown = parts
      .filter((part) => part.state !== 'returned')
      .map(({ state, amount, batchId }) => {
        const batch = batches.get(batchId);
        return {
          state,
          amount,
          transactionHash: batch?.transactionHash ?? null,
          pubkey: batch?.pubkey ?? null,
          steps: sent.get(batchId) ?? [],
        };
      });
    return {
      order,
      about: await aboutOf(em, order),
      cancellable: await cancellableNow(em, order),
      detail: { steps, parts: shown },
      product: await productFor(em, order),
      request: order.type === 'unstake' ? await requestOf(em, order.id) : null,
      partial: await partialFor(em, order),
    };
  }
}

async function productFor(em: EntityManager, order: Order): Promise<Product> {
  const product = await productOf(em, order.productId);
  invariant(product !== null, 'order.without_product', { order: order.id });
  return product;
}

async function aboutOf(em: EntityManager, order: Order) {
  const [product, pool] = [await productFor(em, order), await poolOf(em, order.poolId)];
  invariant(pool !== null, 'order.without_pool', { order: order.id });
  const { asset, chain, depositProtection } = product;
  return { asset, chain, depositProtection, shareAsset: pool.shareAsset, paused: over.has(order.state) ? null : bunkerView(pool) };
}

/** The partial withdrawal that an exit waits for. */
async function partialFor(em: EntityManager, { type, exitPubkey, poolId }: Order): Promise<PartialWithdrawal | null> {
  if (type !== 'unstake' || exitPubkey === null) return null;
  return (await openPartials(em, poolId)).find((p) => p.purpose === 'principal' && p.pubkey === exitPubkey) ?? null;
}
