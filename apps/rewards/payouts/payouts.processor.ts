import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { SettlementDone, type SettlementDoneV1 } from '#messages';
import { PlanningService } from './planning.service.js';

@Injectable()
export class PayoutsProcessor {
  constructor(private readonly planning: PlanningService) {}

  @Handles(SettlementDone)
  settled(em: EntityManager, message: SettlementDoneV1): Promise<void> {
    return this.planning.settled(em, message);
  }
}
