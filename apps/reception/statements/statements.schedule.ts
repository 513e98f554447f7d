import { Inject, Injectable } from '@nestjs/common';
import { Schedule } from '#delivery';
import type { ReceptionConfig } from '../config.js';
import { MonthlyService } from './monthly.service.js';

@Injectable()
export class StatementsSchedule {
  constructor(@Inject(MonthlyService) private readonly monthly: MonthlyService) {}

  @Schedule<ReceptionConfig>({ name: 'monthly-statements', everyMs: (config) => config.STATEMENTS_EVERY_MS })
  make(): Promise<void> {
    return this.monthly.makeDue();
  }
}
