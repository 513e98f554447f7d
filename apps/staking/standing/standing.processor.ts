import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import type { Clock } from '#kernel';
import {
  DisclosureAcknowledged,
  DisclosurePublished,
  StandingChanged,
  type DisclosureAcknowledgedV1,
  type DisclosurePublishedV1,
  type StandingChangedV1,
} from '#messages';
import { CLOCK } from '../tokens.js';
import { projectAcknowledgements, projectDisclosure, projectStanding } from './standing.store.js';

/** Keeps what compliance says, for decisions of this room. */
@Injectable()
export class StandingProcessor {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  @Handles(StandingChanged)
  standing(em: EntityManager, event: StandingChangedV1): Promise<void> {
    return projectStanding(em, event, this.clock.now());
  }

  @Handles(DisclosurePublished)
  published(em: EntityManager, event: DisclosurePublishedV1): Promise<void> {
    return projectDisclosure(em, event, this.clock.now());
  }

  @Handles(DisclosureAcknowledged)
  acknowledged(em: EntityManager, event: DisclosureAcknowledgedV1): Promise<void> {
    return projectAcknowledgements(em, [event], this.clock.now());
  }
}
