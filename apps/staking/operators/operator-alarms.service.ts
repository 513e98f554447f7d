import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { subtract, type Clock } from '#kernel';
import type { Logger } from '#runtime';
import { BATCH } from '../batches/batch.js';
import { freeBuffer } from '../batches/allocation.service.js';
import { openIncident, wasOpened, type Matter } from '../incidents/incidents.store.js';
import { bunkerOf } from '../losses/bunker.js';
import { freeQueue } from '../orders/waiting.store.js';
import { poolOf } from '../pools/pools.store.js';
import { productOfPool } from '../products/products.store.js';
import { CLOCK, LOGGER } from '../tokens.js';
import { assessments, operatorById, stakesOf } from './operators.store.js';
import { RegisterService } from './register.service.js';

const DAY_MS = 86_400_000;

/** Tells people of what waits for them: an assessment that ran out, and money that no operator may be given. */
@Injectable()
export class OperatorAlarms {
  constructor(
    private readonly transactor: Transactor,
    private readonly registers: RegisterService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async watch(poolId: string): Promise<void> {
    const matters = await this.transactor.read(async (em) => [...(await this.expired(em, poolId)), ...(await this.waits(em, poolId))]);
    for (const matter of matters) {
      if (await this.transactor.run((em) => openIncident(em, matter, this.clock.now())))
        this.log.error({ alarm: true, pool: poolId, kind: matter.kind, ...matter.details }, 'operators: somebody must look at this');
    }
  }

  /** Once an assessment: whoever closes the incident knows. Of operators that run something of the pool. */
  private async expired(em: EntityManager, poolId: string): Promise<Matter[]> {
    const at = this.clock.now();
    const cards = await assessments(em);
    const matters: Matter[] = [];
    for (const operatorId of (await stakesOf(em, poolId)).keys()) {
      const [card, operator] = [cards.get(operatorId), await operatorById(em, operatorId)];
      if (card === undefined || card.expiresAt > at || operator?.state !== 'active') continue;
      const details = { operator: operatorId, expired_at: card.expiresAt.toISOString() };
      const matter = { poolId, kind: 'operator.assessment_expired', subject: `${operatorId}/${card.id}`, details } as const;
      if (!(await wasOpened(em, matter, null))) matters.push(matter);
    }
    return matters;
  }

  /** A whole batch's worth of money, and nobody who may run it. Told again a day after somebody closed it. */
  private async waits(em: EntityManager, poolId: string): Promise<Matter[]> {
    const [row, product] = [await poolOf(em, poolId), await productOfPool(em, poolId)];
    if (row === null || product === null || row.withdrawalCredentials === null || bunkerOf(row) !== null) return [];
    const free = await freeBuffer(em, { row, product });
    if (free < BATCH && (await freeQueue(em, poolId, subtract(BATCH, free))) < subtract(BATCH, free)) return [];
    const closed = await this.registers.whyClosed(em, row, product.asset);
    if (closed === null) return [];
    const matter = { poolId, kind: 'allocation.waits', subject: poolId, details: { code: closed.code } } as const;
    const dayAgo = this.clock.now();
    dayAgo.setTime(dayAgo.getTime() - DAY_MS);
    return (await wasOpened(em, matter, dayAgo)) ? [] : [matter];
  }
}
