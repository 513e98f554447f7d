import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Envelope, Handles } from '#delivery';
import type { Clock } from '#kernel';
import { PayoutRunPosted, type PayoutRunPostedV1, ReportApplied, type ReportAppliedV1 } from '#messages';
import { CLOCK } from '../tokens.js';
import { keepFigure, keepPayoutRun } from './pool-figures.store.js';

@Injectable()
export class PoolFiguresProcessor {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  @Handles(ReportApplied)
  async reportApplied(em: EntityManager, payload: ReportAppliedV1, _envelope: Envelope): Promise<void> {
    await keepFigure(em, payload, this.clock.now());
  }

  @Handles(PayoutRunPosted)
  async payoutRunPosted(em: EntityManager, payload: PayoutRunPostedV1, _envelope: Envelope): Promise<void> {
    await keepPayoutRun(em, payload, this.clock.now());
  }
}
