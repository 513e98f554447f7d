import { Module, type DynamicModule } from '@nestjs/common';
import { connectEthereum } from '#chains/ethereum';
import { databaseModule } from '#database';
import { deliveryModule } from '#delivery';
import { systemClock, type Clock } from '#kernel';
import { createLogger, type Metrics } from '#runtime';
import type { RewardsConfig } from './config.js';
import { EarningsController } from './earnings/earnings.controller.js';
import { EarningsService } from './earnings/earnings.service.js';
import { PayoutRun } from './payouts/payout.entity.js';
import { PayoutsController } from './payouts/payouts.controller.js';
import { PayoutsProcessor } from './payouts/payouts.processor.js';
import { DraftingService } from './payouts/drafting.service.js';
import { PlanningService } from './payouts/planning.service.js';
import { PostingService } from './payouts/posting.service.js';
import { PreviewService } from './payouts/preview.service.js';
import { RunDesk } from './payouts/run-desk.service.js';
import { VerificationService } from './payouts/verification.service.js';
import { Pool, Validator } from './pools/pool.entity.js';
import { PoolsProcessor } from './pools/pools.processor.js';
import { Preference } from './preferences/preference.entity.js';
import { PreferencesController } from './preferences/preferences.controller.js';
import { PreferencesService } from './preferences/preferences.service.js';
import { DispatchService } from './reports/dispatch.service.js';
import { ObservationService } from './reports/observation.service.js';
import { PoolRates } from './reports/rates.service.js';
import { ReportDesk } from './reports/report-desk.service.js';
import { Report } from './reports/report.entity.js';
import { ReportsController } from './reports/reports.controller.js';
import { ReportsProcessor } from './reports/reports.processor.js';
import { ReportsService } from './reports/reports.service.js';
import { StandingService } from './reports/standing.service.js';
import { DueService } from './schedules/due.service.js';
import { RewardsSchedules } from './schedules/rewards.schedule.js';
import { ScheduleDesk } from './schedules/schedule-desk.service.js';
import { PayoutSchedule, ScheduleChange } from './schedules/schedule.entity.js';
import { SchedulesController } from './schedules/schedules.controller.js';
import { StandingProcessor } from './standing/standing.processor.js';
import { CHAINS, CLOCK, CONFIG, LOGGER, type Chains } from './tokens.js';

/** What surrounds the room; a test gives its own. */
export interface Surroundings {
  readonly clock?: Clock;
  readonly chains?: Chains;
  readonly metrics?: Metrics;
}

@Module({})
export class RewardsModule {
  static for(config: RewardsConfig, around: Surroundings = {}): DynamicModule {
    const clock = around.clock ?? systemClock;
    return {
      module: RewardsModule,
      imports: [
        databaseModule('rewards', config, [PayoutRun, PayoutSchedule, Pool, Preference, Report, ScheduleChange, Validator]),
        deliveryModule('rewards', config, around.metrics ? { metrics: around.metrics } : {}),
      ],
      // paths with a fixed last part stand before those with a parameter
      controllers: [PayoutsController, PreferencesController, SchedulesController, ReportsController, EarningsController],
      providers: [
        { provide: CLOCK, useValue: clock },
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useFactory: () => createLogger('rewards', config.LOG_LEVEL, config.LOG_FILE) },
        { provide: CHAINS, useFactory: () => around.chains ?? connectEthereum(config, clock) },
        ...[EarningsService, ObservationService, PayoutsProcessor, PlanningService, PoolsProcessor, PostingService],
        ...[DispatchService, PoolRates, StandingService],
        ...[DraftingService, DueService, PreferencesService, PreviewService, ScheduleDesk, StandingProcessor, VerificationService],
        ...[ReportDesk, ReportsProcessor, ReportsService, RewardsSchedules, RunDesk],
      ],
    };
  }
}
