import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import type { Clock } from '#kernel';
import { StandingChanged, type StandingChangedV1 } from '#messages';
import { CLOCK } from '../tokens.js';
import { keepNewest } from './standing.store.js';

@Injectable()
export class StandingProcessor {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  @Handles(StandingChanged)
  async keep(em: EntityManager, standing: StandingChangedV1): Promise<void> {
    const { clientId, version, state, mayDeposit, mayWithdraw } = standing;
    await keepNewest(em, { clientId, version, state, mayDeposit, mayWithdraw, updatedAt: this.clock.now() });
  }
}
