import { type DynamicModule, Module } from '@nestjs/common';
import { databaseModule } from '#database';
import { deliveryModule } from '#delivery';
import { systemClock } from '#kernel';
import type { Metrics } from '#runtime';
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
import { StandingProcessor } from './standing/standing.processor.js';
import { StatementsController } from './statements/statements.controller.js';
import { StatementsService } from './statements/statements.service.js';
import { CLOCK } from './tokens.js';

@Module({})
class Reception {}

export const receptionModule = (config: ReceptionConfig, metrics: Metrics): DynamicModule => ({
  module: Reception,
  imports: [databaseModule('reception', config, []), deliveryModule('reception', config, { metrics })],
  controllers: [FrontController, ClientsController, KeysController, EventsController, OverviewController, StatementsController],
  providers: [
    { provide: CLOCK, useValue: systemClock },
    { provide: OPENAPI, useValue: new BuiltFile(config.OPENAPI_PATH, 'openapi.not_built') },
    { provide: PROBLEMS, useValue: new BuiltFile(config.PROBLEMS_PATH, 'problems.not_built') },
    ClientsService,
    KeysService,
    StatementsService,
    StandingProcessor,
    EventsProcessor,
    PoolFiguresProcessor,
  ],
});
