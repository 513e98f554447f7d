import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { money, wireTime } from '#http';
import { publicId } from '#kernel';
import type { Product } from '../products/product.entity.js';
import { allProducts, isFor } from '../products/products.store.js';
import { checkpointsOf } from './checkpoints.store.js';
import type { ExitCheckpoint } from './exit-checkpoint.entity.js';
import { ExitEtas, isPaused, type PoolFacts } from './exit-etas.service.js';
import { cancelledBetween, ownWaiting } from './exit-queue.store.js';
import type { ExitRequest } from './exit-request.entity.js';
import { totalOf, type Place } from './standing-in-queue.js';

interface Seen {
  readonly facts: PoolFacts;
  readonly cancelled: number;
  readonly checkpoint: ExitCheckpoint | undefined;
  readonly own: readonly { readonly request: ExitRequest; readonly place: Place }[];
}

/** The queue of those who leave, pool by pool. Others are seen as sums only. */
@Injectable()
export class ExitQueueService {
  constructor(
    private readonly transactor: Transactor,
    private readonly etas: ExitEtas,
  ) {}

  async queue(clientId: string): Promise<object[]> {
    const views: object[] = [];
    for (const product of (await this.transactor.read(allProducts)).filter((p) => isFor(p, clientId))) {
      const seen = await this.transactor.read((em) => this.read(em, product, clientId));
      if (seen !== null) views.push(await this.view(product, seen));
    }
    return views;
  }

  private async read(em: EntityManager, product: Product, clientId: string): Promise<Seen | null> {
    const facts = await this.etas.factsOf(em, product);
    if (facts === null) return null;
    const { head, fixed } = facts.queue;
    const own: { request: ExitRequest; place: Place }[] = [];
    for (const request of await ownWaiting(em, product.poolId, clientId))
      own.push({ request, place: await this.etas.placeOf(em, facts, request) });
    const cancelled = await cancelledBetween(em, product.poolId, head.place, fixed.place);
    const [checkpoint] = await checkpointsOf(em, product.poolId, 1);
    return { facts, cancelled, checkpoint, own };
  }

  private async view(product: Product, { facts, cancelled, checkpoint, own }: Seen): Promise<object> {
    const { asset, poolId } = product;
    const { head, fixed, unfixed } = facts.queue;
    const requests = Number(fixed.place - head.place) - cancelled + unfixed.requests;
    const total = totalOf(facts.queue);
    const yours: object[] = [];
    for (const { request, place } of own) {
      yours.push({
        operation_id: publicId('operation', request.orderId),
        place: request.place?.toString() ?? null,
        state: place.finalised ? 'finalised' : request.state,
        accepted_at: wireTime(request.acceptedAt),
        ...money(asset, place.own),
        before: money(asset, place.before),
        paused: isPaused(facts, request.place) && !place.finalised,
        eta: await this.etas.placed(product, facts, request, place),
        proof: request.place === null ? null : `/v1/staking/operations/${publicId('operation', request.orderId)}/exit-proof`,
      });
    }
    return {
      pool_id: poolId,
      product_id: product.id,
      orders: requests,
      nominal: money(asset, total),
      buffer: money(asset, facts.buffer),
      leaving: money(asset, facts.leaving),
      entering: facts.entering === null ? null : money(asset, facts.entering),
      finalised_place: head.place.toString(),
      last_place: fixed.place.toString(),
      first_place_that_waits: facts.bunkerFrom?.toString() ?? null,
      eta: await this.etas.ofNext(product, facts, 0n),
      checkpoint: checkpoint
        ? { number: checkpoint.number, to_place: checkpoint.toPlace.toString(), hash: checkpoint.hash.toString('hex') }
        : null,
      checkpoints:
        product.clientId === null ? `/v1/staking/exit-queues/${poolId}/checkpoints` : `/v1/staking/products/${product.id}/exit-checkpoints`,
      yours,
    };
  }
}
