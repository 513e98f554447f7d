import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { DepositDataRequest, DepositDataRequestV1 } from '#messages';
import { ValidatorKeysService } from './validator-keys.service.js';

@Injectable()
export class ValidatorKeysProcessor {
  constructor(private readonly keys: ValidatorKeysService) {}

  @Handles(DepositDataRequest)
  depositData(em: EntityManager, request: DepositDataRequestV1): Promise<void> {
    return this.keys.issue(em, request);
  }
}
