import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { emit } from '#delivery';
import { amount, type Clock } from '#kernel';
import { SettlementDone, type SettlementRequestV1 } from '#messages';
import type { Move } from '../pools/moves.js';
import { STANDARD } from '../fees/fee-schedule.js';
import { causeOf, domainOf, lockPool, postAll } from '../pools/pools.store.js';
import { toPostings } from '../pools/postings.js';
import { indexIn } from '../pools/tiers.js';
import { CLOCK } from '../tokens.js';
import { Settlement } from './holder.entity.js';
import { settle } from './holder.js';
import { insertSettlement, saveHolders, settlementOf, unsettled } from './settlement.store.js';

const CHUNK = 5_000;

/** Moves every holder's accrued rewards from the pool's rewards_payable to the holder's own account. */
@Injectable()
export class SettlementService {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** Once a run; asking again answers again. Holders are read and written in chunks, the money moves at the end. */
  async settleAll(em: EntityManager, { runId, poolId }: SettlementRequestV1): Promise<void> {
    const held = await lockPool(em, poolId);
    const known = await settlementOf(em, runId);
    if (known) return this.answer(em, runId, poolId, known.holders);
    const index = indexIn(domainOf(held), STANDARD);
    const moves: Move[] = [];
    let holders = 0;
    for (let after: string | null = null; ;) {
      const chunk = await unsettled(em, poolId, after, CHUNK);
      const settled = chunk.map(({ holder, index: own }) => settle(holder, own));
      await saveHolders(
        em,
        poolId,
        settled.map((s) => s.holder),
      );
      for (const { holder, paid } of settled) {
        if (paid > 0n) moves.push({ kind: 'reward.settle', clientId: holder.clientId, of: holder.clientId, amount: paid });
      }
      holders += chunk.length;
      after = chunk.at(-1)?.holder.clientId ?? null;
      if (chunk.length < CHUNK) break;
    }
    const at = this.clock.now();
    const total = amount(moves.reduce((sum, move) => sum + move.amount, 0n));
    await insertSettlement(em, em.create(Settlement, { runId, poolId, holders, amount: total, rewardIndex: index, at }));
    await this.answer(em, runId, poolId, holders);
    await postAll(em, toPostings(moves, causeOf(held, runId, at)));
  }

  private answer(em: EntityManager, runId: string, poolId: string, holders: number): Promise<void> {
    return emit(em, SettlementDone, { aggregate: runId, payload: { runId, poolId, holders } });
  }
}
