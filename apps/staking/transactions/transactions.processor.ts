import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import {
  TransactionFinalised,
  TransactionRefused,
  TransactionSigned,
  type Purpose,
  type TransactionFinalisedV1,
  type TransactionRefusedV1,
  type TransactionSignedV1,
} from '#messages';
import { BatchesService } from '../batches/batches.service.js';
import { ExitsService } from '../exits/exits.service.js';
import { FeesService } from '../fees/fees.service.js';
import { PartialsService } from '../partials/partials.service.js';
import { ProposalsService } from '../proposals/proposals.service.js';

type Part = BatchesService | ExitsService | FeesService | PartialsService | ProposalsService;

/** What custody says of the transactions that this room asked for, each to the part of the room that asked. */
@Injectable()
export class TransactionsProcessor {
  private readonly parts: Partial<Record<Purpose, Part>>;

  constructor(batches: BatchesService, exits: ExitsService, fees: FeesService, partials: PartialsService, proposals: ProposalsService) {
    this.parts = {
      stake_deposit: batches,
      stake_top_up: batches,
      exit_request: exits,
      fee_sweep: fees,
      partial_withdrawal: partials,
      credentials_switch: proposals,
      consolidation: proposals,
    };
  }

  @Handles(TransactionSigned)
  async signed(em: EntityManager, message: TransactionSignedV1): Promise<void> {
    await this.parts[message.purpose]?.signed(em, message);
  }

  @Handles(TransactionFinalised)
  async finalised(em: EntityManager, message: TransactionFinalisedV1): Promise<void> {
    await this.parts[message.purpose]?.finalised(em, message);
  }

  @Handles(TransactionRefused)
  async refused(em: EntityManager, message: TransactionRefusedV1): Promise<void> {
    await this.parts[message.purpose]?.refused(em, message);
  }
}
