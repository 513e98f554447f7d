import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { ReportStanding, type ReportStandingV1 } from '#messages';
import { PoolRow } from './pool.entity.js';
import { lockPool } from './pools.store.js';

/** While a report is late or held, nothing is done at the rate of the one before it (A9). */
@Injectable()
export class RateStandingProcessor {
  @Handles(ReportStanding)
  async standing(em: EntityManager, { poolId, standing }: ReportStandingV1): Promise<void> {
    const { row } = await lockPool(em, poolId);
    if (row.rateStanding === standing) return;
    await em.update(PoolRow, { id: poolId }, { rateStanding: standing, version: row.version + 1 });
  }
}
