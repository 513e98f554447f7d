import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { ReportApply, type ReportApplyV1 } from '#messages';
import { ReportsService } from './reports.service.js';

@Injectable()
export class ReportsProcessor {
  constructor(private readonly reports: ReportsService) {}

  @Handles(ReportApply)
  apply(em: EntityManager, message: ReportApplyV1): Promise<void> {
    return this.reports.apply(em, message);
  }
}
