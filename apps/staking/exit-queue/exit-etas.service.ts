import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { amount, invariant, smaller, subtract, type Amount, type Clock } from '#kernel';
import { BATCH } from '../batches/batch.js';
import type { StakingConfig } from '../config.js';
import { livingOf } from '../exits/validators.store.js';
import { bunkerOf } from '../losses/bunker.js';
import { EtaService } from '../orders/eta.service.js';
import type { EtaView } from '../orders/operation-view.js';
import { queuedOf } from '../orders/orders.store.js';
import { openPartials } from '../partials/partials.store.js';
import { priceOf } from '../pools/pool.js';
import { domainOf, poolOf, reportsOf } from '../pools/pools.store.js';
import type { Product } from '../products/product.entity.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { cadenceOf, etaOf, routeOf, type ExitFacts } from './exit-eta.js';
import { fixedEndOf, headOf, sharesBefore, waitingOf } from './exit-queue.store.js';
import type { ExitRequest } from './exit-request.entity.js';
import { placeOf, totalOf, type Place, type QueueState } from './standing-in-queue.js';

/** What the times of a pool's exits depend on beside their places. */
export type PoolFacts = Pick<ExitFacts, 'asset' | 'buffer' | 'entering' | 'leaving' | 'cadence'> & {
  readonly queue: QueueState;
  readonly bunkerFrom: bigint | null;
};

/** When exits are paid: from the queue, the buffer, those who enter, what is leaving, and the chain's own queues. */
@Injectable()
export class ExitEtas {
  constructor(
    private readonly transactor: Transactor,
    private readonly etas: EtaService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  async factsOf(em: EntityManager, product: Product): Promise<PoolFacts | null> {
    const row = await poolOf(em, product.poolId);
    if (row === null) return null;
    const { id } = row;
    const price = priceOf(domainOf({ row, product }));
    const queue = { head: await headOf(em, id), fixed: await fixedEndOf(em, id), unfixed: await waitingOf(em, id), price };
    const bunkerFrom = bunkerOf(row)?.fromPlace ?? null;
    const nets = this.config.NETTING === 'on' && bunkerFrom === null;
    return {
      asset: product.asset,
      buffer: row.buffer,
      entering: nets ? await queuedOf(em, id) : null,
      leaving: await leavingOf(em, id),
      cadence: cadenceOf(
        (await reportsOf(em, id, 12)).map((report) => report.appliedAt),
        this.clock.now(),
      ),
      queue,
      bunkerFrom,
    };
  }

  placeOf = async (em: EntityManager, facts: PoolFacts, request: ExitRequest): Promise<Place> => {
    const first = request.state === 'waiting' ? await sharesBefore(em, request.poolId, request.seq) : { shares: 0n };
    return placeOf(facts.queue, { ...request, sharesBefore: first.shares });
  };

  /** Of one that waits; null where nobody can say: the pool is paused before its place, or the chain does not answer. */
  async of(product: Product, request: ExitRequest, partial: Amount | null = null): Promise<EtaView | null> {
    const found = await this.transactor.read(async (em) => {
      const facts = await this.factsOf(em, product);
      return facts && { facts, place: await this.placeOf(em, facts, request) };
    });
    return found && this.placed(product, found.facts, request, found.place, partial);
  }

  /** The same where it is known already how its pool and it stand. */
  async placed(
    product: Product,
    facts: PoolFacts,
    request: ExitRequest,
    place: Place,
    partial: Amount | null = null,
  ): Promise<EtaView | null> {
    if (isPaused(facts, request.place) && !place.finalised) return null;
    return this.work(product, facts, place, partial);
  }

  /** Of so much, if it were asked for now; null as above. */
  async asked(product: Product, own: bigint): Promise<EtaView | null> {
    const facts = await this.transactor.read((em) => this.factsOf(em, product));
    return facts && this.ofNext(product, facts, own);
  }

  /** Of one that would come to the end of the queue now. */
  async ofNext(product: Product, facts: PoolFacts, own: bigint): Promise<EtaView | null> {
    if (facts.bunkerFrom !== null) return null;
    return this.work(product, facts, { before: totalOf(facts.queue), own, finalised: false }, null);
  }

  private async work(product: Product, facts: PoolFacts, place: Place, partial: Amount | null): Promise<EtaView | null> {
    const whole = { ...facts, ...place };
    const route = routeOf(whole);
    if (!('extra' in route)) return etaOf(whole, route, null);
    const chain =
      partial === null
        ? await this.etas.recent('unstake', product, inBatches(route.extra))
        : await this.etas.recent('partial', product, partial);
    return etaOf(whole, route, chain);
  }
}

export const isPaused = ({ bunkerFrom }: Pick<PoolFacts, 'bunkerFrom'>, place: bigint | null): boolean =>
  bunkerFrom !== null && (place === null || place >= bunkerFrom);

/** Whole validators leave; and what is asked of the chain is asked in few sizes, so that its answers are found again. */
function inBatches(units: bigint): Amount {
  const many = (units + BATCH - 1n) / BATCH;
  invariant(many >= 0n, 'exit_eta.negative', { units: String(units) });
  return amount(many * BATCH);
}

/** Validators that are on their way out and not slashed, and partial withdrawals that were asked for. */
async function leavingOf(em: EntityManager, poolId: string): Promise<bigint> {
  const validators = (await livingOf(em, poolId)).filter((v) => v.state !== 'active' && v.state !== 'slashed');
  const partials = (await openPartials(em, poolId)).filter((p) => p.purpose === 'principal');
  const whole = validators.reduce<bigint>((sum, v) => sum + smaller(v.principal, v.booked), 0n);
  return partials.reduce<bigint>((sum, p) => sum + subtract(p.amount, p.received), whole);
}
