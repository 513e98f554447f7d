import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { SettlementRequest, type SettlementRequestV1 } from '#messages';
import { SettlementService } from './settlement.service.js';

@Injectable()
export class SettlementProcessor {
  constructor(private readonly settlement: SettlementService) {}

  @Handles(SettlementRequest)
  settle(em: EntityManager, message: SettlementRequestV1): Promise<void> {
    return this.settlement.settleAll(em, message);
  }
}
