import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { ReportApplied, type ReportAppliedV1, ReportRefused, type ReportRefusedV1 } from '#messages';
import { ReportsService } from './reports.service.js';

@Injectable()
export class ReportsProcessor {
  constructor(private readonly reports: ReportsService) {}

  @Handles(ReportApplied)
  applied(em: EntityManager, message: ReportAppliedV1): Promise<void> {
    return this.reports.applied(em, message);
  }

  @Handles(ReportRefused)
  refused(em: EntityManager, message: ReportRefusedV1): Promise<void> {
    return this.reports.refused(em, message);
  }
}
