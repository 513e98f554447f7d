import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { Schedule } from '#delivery';
import { amount, subtract, type Clock } from '#kernel';
import type { StakingConfig } from '../config.js';
import { SYSTEM } from '../history/history.store.js';
import { causeOf, domainOf, lockPool, postAll, savePool } from '../pools/pools.store.js';
import { toPostings } from '../pools/postings.js';
import { CLOCK } from '../tokens.js';
import { payChunk } from './exit-payments.store.js';
import { openRange, poolsToSettle } from './ranges.store.js';

/** Requests that are paid in one transaction: two postings each. */
export const CHUNK = 2_000;

/** Pays the requests of ranges whose rate is final one by one, a chunk a transaction. It may be killed anywhere and goes on where it was. */
@Injectable()
export class ExitSettlementService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Schedule<StakingConfig>({ name: 'settle-exits', everyMs: (config) => config.SETTLE_EXITS_EVERY_MS })
  async settleDue(): Promise<void> {
    for (const poolId of await this.transactor.read(poolsToSettle)) await this.settleAll(poolId);
  }

  /** Returns how many requests were paid. */
  async settleAll(poolId: string, most = CHUNK): Promise<number> {
    let paid = 0;
    for (;;) {
      const chunk = await this.transactor.run((em) => this.settleNext(em, poolId, most));
      if (chunk === 0) return paid;
      paid += chunk;
    }
  }

  async settleNext(em: EntityManager, poolId: string, most = CHUNK): Promise<number> {
    const held = await lockPool(em, poolId);
    const range = await openRange(em, poolId);
    if (range === null) return 0;
    const why = { at: this.clock.now(), actor: SYSTEM, reason: `report ${range.report}` };
    const { moves, burnt, surplus, requests } = await payChunk(em, held, range, most, why);
    const pool = domainOf(held);
    await savePool(em, held.row, { ...pool, leavingShares: subtract(pool.leavingShares, burnt), surplus: amount(pool.surplus + surplus) });
    await postAll(em, toPostings(moves, causeOf(held, range.id, why.at)));
    return requests;
  }
}
