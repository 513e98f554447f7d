import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Envelope, Handles } from '#delivery';
import { DisclosureAccepted, DisclosureAcceptedV1 } from '#messages';
import { DisclosuresService } from './disclosures.service.js';

@Injectable()
export class DisclosuresProcessor {
  constructor(private readonly disclosures: DisclosuresService) {}

  @Handles(DisclosureAccepted)
  async disclosureAccepted(em: EntityManager, accepted: DisclosureAcceptedV1, _envelope: Envelope): Promise<void> {
    await this.disclosures.registerAccepted(em, accepted);
  }
}
