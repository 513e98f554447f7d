import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ValidatorView } from '#chains';
import { Transactor } from '#database';
import type { Clock } from '#kernel';
import type { StakingConfig } from '../config.js';
import { SYSTEM } from '../history/history.store.js';
import { lockPool } from '../pools/pools.store.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { Proposal } from './proposal.entity.js';
import { moveProposal, sentMergers } from './proposals.store.js';

/** Sees whether the consensus layer heeds a merger: it says nothing when it does not. */
@Injectable()
export class MergersService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  async watch(poolId: string, views: readonly ValidatorView[], epoch: bigint): Promise<void> {
    if ((await this.transactor.read((em) => sentMergers(em, poolId))).length === 0) return;
    const leaving = new Set(views.filter((v) => v.exitEpoch !== null || !HERE.has(v.status)).map((v) => v.pubkey));
    await this.transactor.run(async (em) => {
      await lockPool(em, poolId);
      for (const merger of await sentMergers(em, poolId)) await this.look(em, merger, leaving.has(merger.pubkey ?? ''), epoch);
    });
  }

  private async look(em: EntityManager, merger: Proposal, heeded: boolean, epoch: bigint): Promise<void> {
    const why = { at: this.clock.now(), actor: SYSTEM };
    if (heeded) return moveProposal(em, merger, 'finalise', why);
    if (merger.sentEpoch === null) return void (await em.save(Proposal, Object.assign(merger, { sentEpoch: epoch })));
    if (epoch < merger.sentEpoch + BigInt(this.config.EXIT_PATIENCE_EPOCHS)) return;
    merger.reason = 'consolidation.dropped_by_protocol';
    await moveProposal(em, merger, 'fail', { ...why, reason: merger.reason });
  }
}

const HERE = new Set<ValidatorView['status']>(['pending', 'active']);
