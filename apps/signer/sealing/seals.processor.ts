import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { SealRequest, SealRequestV1 } from '#messages';
import { SealsService } from './seals.service.js';

@Injectable()
export class SealsProcessor {
  constructor(private readonly seals: SealsService) {}

  @Handles(SealRequest)
  request(em: EntityManager, request: SealRequestV1): Promise<void> {
    return this.seals.decide(em, request);
  }
}
