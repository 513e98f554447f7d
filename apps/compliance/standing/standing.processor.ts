import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Envelope, Handles } from '#delivery';
import { ClientRegistered, ClientRegisteredV1 } from '#messages';
import { StandingService } from './standing.service.js';

@Injectable()
export class StandingProcessor {
  constructor(private readonly standings: StandingService) {}

  @Handles(ClientRegistered)
  async clientRegistered(em: EntityManager, { clientId }: ClientRegisteredV1, _envelope: Envelope): Promise<void> {
    await this.standings.open(em, clientId);
  }
}
