import type { Feature } from '../feature.js';
import { Leaving } from '../pools/leaving.js';
import { CheckpointsService } from './checkpoints.service.js';
import { ExitBlock, ExitCheckpoint } from './exit-checkpoint.entity.js';
import { ExitEtas } from './exit-etas.service.js';
import { ExitLeaving } from './exit-leaving.service.js';
import { ExitQueueController } from './exit-queue.controller.js';
import { ExitQueueService } from './exit-queue.service.js';
import { ExitCover, ExitGroupRow, ExitRange } from './exit-range.entity.js';
import { ExitRequest } from './exit-request.entity.js';
import { ExitSettlementService } from './exit-settlement.service.js';
import { InstantBuffersService } from './instant-buffers.service.js';
import { InstantExit, InstantTermsRow } from './instant-exit.entity.js';
import { InstantTermsAction } from './instant-terms.action.js';
import { InstantController } from './instant.controller.js';
import { InstantService } from './instant.service.js';

export const exitQueueFeature: Feature = {
  entities: [ExitBlock, ExitCheckpoint, ExitCover, ExitGroupRow, ExitRange, ExitRequest, InstantExit, InstantTermsRow],
  controllers: [ExitQueueController, InstantController],
  providers: [
    { provide: Leaving, useClass: ExitLeaving },
    CheckpointsService,
    ExitEtas,
    ExitQueueService,
    ExitSettlementService,
    InstantBuffersService,
    InstantService,
    InstantTermsAction,
  ],
};
