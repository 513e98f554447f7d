import { type DynamicModule, Module } from '@nestjs/common';
import { databaseModule } from '#database';
import { deliveryModule } from '#delivery';
import { systemClock } from '#kernel';
import { createLogger, type Metrics } from '#runtime';
import { ClientsController } from './clients/clients.controller.js';
import { ClientsService } from './clients/clients.service.js';
import type { ReceptionConfig } from './config.js';
import { EventsController } from './events/events.controller.js';
import { EventsProcessor } from './events/events.processor.js';
import { BuiltFile } from './front/built-files.js';
import { FrontController, OPENAPI, PROBLEMS } from './front/front.controller.js';
import { KeysController } from './keys/keys.controller.js';
import { KeysService } from './keys/keys.service.js';
import { OverviewController } from './overview/overview.controller.js';
import { PoolFiguresProcessor } from './pools/pool-figures.processor.js';
import { PricesSchedule } from './prices/prices.schedule.js';
import { priceSources } from './prices/sources.js';
import { StandingProcessor } from './standing/standing.processor.js';
import { FilesService } from './statements/files.service.js';
import { MakingService } from './statements/making.service.js';
import { MonthlyService } from './statements/monthly.service.js';
import { StatementsController } from './statements/statements.controller.js';
import { StatementsSchedule } from './statements/statements.schedule.js';
import { StatementsService } from './statements/statements.service.js';
import { CLOCK, CONFIG, LOGGER, PRICE_SOURCES } from './tokens.js';

@Module({})
class Reception {}

export const receptionModule = (config: ReceptionConfig, metrics: Metrics): DynamicModule => ({
  module: Reception,
  imports: [databaseModule('reception', config, []), deliveryModule('reception', config, { metrics })],
  controllers: [FrontController, ClientsController, KeysController, EventsController, OverviewController, StatementsController],
  providers: [
    { provide: CLOCK, useValue: systemClock },
    { provide: CONFIG, useValue: config },
    { provide: LOGGER, useFactory: () => createLogger('reception', config.LOG_LEVEL, config.LOG_FILE) },
    { provide: PRICE_SOURCES, useFactory: () => priceSources(config) },
    { provide: OPENAPI, useValue: new BuiltFile(config.OPENAPI_PATH, 'openapi.not_built') },
    { provide: PROBLEMS, useValue: new BuiltFile(config.PROBLEMS_PATH, 'problems.not_built') },
    ClientsService,
    KeysService,
    StatementsService,
    MakingService,
    MonthlyService,
    FilesService,
    StatementsSchedule,
    PricesSchedule,
    StandingProcessor,
    EventsProcessor,
    PoolFiguresProcessor,
  ],
});
