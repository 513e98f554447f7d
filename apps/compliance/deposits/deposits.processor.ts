import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Envelope, Handles } from '#delivery';
import { DepositDetected, DepositDetectedV1 } from '#messages';
import { DepositsService } from './deposits.service.js';

@Injectable()
export class DepositsProcessor {
  constructor(private readonly deposits: DepositsService) {}

  @Handles(DepositDetected)
  async depositDetected(em: EntityManager, detected: DepositDetectedV1, _envelope: Envelope): Promise<void> {
    await this.deposits.receive(em, detected);
  }
}
