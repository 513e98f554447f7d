import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { emit, Schedule } from '#delivery';
import { invariant, type Clock } from '#kernel';
import { fanOutOf } from '#ledger';
import { SettlementDone, type SettlementRequestV1 } from '#messages';
import type { StakingConfig } from '../config.js';
import { STANDARD } from '../fees/fee-schedule.js';
import { domainOf, lockPool } from '../pools/pools.store.js';
import { indexIn } from '../pools/tiers.js';
import { CLOCK } from '../tokens.js';
import { Settlement, SettlementChunk } from './holder.entity.js';
import {
  insertChunk,
  insertSettlement,
  lastChunk,
  SETTLE_HOLDERS,
  settledBy,
  settlementOf,
  settlementsUnderWay,
} from './settlement.store.js';

/** So many holders hold the pool for about a second. */
const CHUNK = 25_000;

/**
 * Moves every holder's accrued rewards from the pool's rewards_payable to the holder's own account: set-wise, a chunk of clients a transaction, each
 * with how far it came. A run that stops anywhere goes on behind its last chunk; a holder is settled once a run, whatever was settled in between.
 */
@Injectable()
export class SettlementService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Once a run; asking again answers again. What one chunk does not hold is settled in the background. */
  async settleAll(em: EntityManager, request: SettlementRequestV1): Promise<void> {
    const known = await settlementOf(em, request.runId);
    if (known) return this.answer(em, request, known.holders);
    if ((await lastChunk(em, request.runId)) === null) await this.settleNext(em, request);
  }

  @Schedule<StakingConfig>({ name: 'settle', everyMs: (config) => config.SETTLE_EVERY_MS })
  async goOn(): Promise<void> {
    for (const run of await this.transactor.read(settlementsUnderWay)) await this.advance(run);
  }

  /** As far as it goes by itself. */
  async advance(run: SettlementRequestV1, most = CHUNK): Promise<void> {
    while (await this.transactor.run((em) => this.settleNext(em, run, most)));
  }

  /** The next chunk; false when the run is settled. */
  private async settleNext(em: EntityManager, run: SettlementRequestV1, most = CHUNK): Promise<boolean> {
    const { runId, poolId } = run;
    const held = await lockPool(em, poolId);
    const last = await lastChunk(em, runId);
    if (last?.more === false) return false;
    const at = this.clock.now();
    const done = await fanOutOf(
      em,
      { kind: 'reward.settle', asset: held.product.asset, from: poolId, effectiveAt: at, reference: runId },
      { sql: SETTLE_HOLDERS, values: [poolId, last?.through ?? null, most] },
    );
    invariant(done.refused.length === 0, 'settlement.refused', {
      run: runId,
      reasons: done.refused.slice(0, 5).map(({ reason }) => reason),
    });
    const more = done.seen >= most;
    const number = (last?.number ?? 0) + 1;
    await insertChunk(
      em,
      em.create(SettlementChunk, { runId, number, poolId, through: done.last, holders: done.seen, amount: done.total, more, at }),
    );
    if (more) return true;
    const { holders, amount } = await settledBy(em, runId);
    const rewardIndex = indexIn(domainOf(held), STANDARD);
    await insertSettlement(em, em.create(Settlement, { runId, poolId, holders, amount, rewardIndex, at }));
    await this.answer(em, run, holders);
    return false;
  }

  private answer(em: EntityManager, { runId, poolId }: SettlementRequestV1, holders: number): Promise<void> {
    return emit(em, SettlementDone, { aggregate: runId, payload: { runId, poolId, holders } });
  }
}
