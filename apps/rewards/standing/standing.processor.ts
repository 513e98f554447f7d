import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { StandingChanged, type StandingChangedV1 } from '#messages';
import { keepStanding } from './standing.store.js';

/** Whoever is no client any more is not paid; everything else that may stop a payout is a hold of the ledger. */
@Injectable()
export class StandingProcessor {
  @Handles(StandingChanged)
  changed(em: EntityManager, message: StandingChangedV1): Promise<void> {
    return keepStanding(em, message);
  }
}
