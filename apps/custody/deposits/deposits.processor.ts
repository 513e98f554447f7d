import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { DepositRelease, type DepositReleaseV1 } from '#messages';
import { DepositsService } from './deposits.service.js';

@Injectable()
export class DepositsProcessor {
  constructor(private readonly deposits: DepositsService) {}

  @Handles(DepositRelease)
  release(em: EntityManager, command: DepositReleaseV1): Promise<void> {
    return this.deposits.release(em, command);
  }
}
