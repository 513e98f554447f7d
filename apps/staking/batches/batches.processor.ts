import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { DepositDataRefused, DepositDataSigned, type DepositDataRefusedV1, type DepositDataSignedV1 } from '#messages';
import { BatchesService } from './batches.service.js';

@Injectable()
export class BatchesProcessor {
  constructor(private readonly batches: BatchesService) {}

  @Handles(DepositDataSigned)
  signed(em: EntityManager, message: DepositDataSignedV1): Promise<void> {
    return this.batches.dataSigned(em, message);
  }

  @Handles(DepositDataRefused)
  refused(em: EntityManager, message: DepositDataRefusedV1): Promise<void> {
    return this.batches.dataRefused(em, message);
  }
}
