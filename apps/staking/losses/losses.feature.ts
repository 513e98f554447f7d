import type { Feature } from '../feature.js';
import { BunkerEnterAction, BunkerLeaveAction } from './bunker.actions.js';
import { CoverStepRow, Loss, LossHolder, LossPart } from './loss.entity.js';
import { LossesController } from './losses.controller.js';
import { LossesService } from './losses.service.js';

export const lossesFeature: Feature = {
  entities: [CoverStepRow, Loss, LossHolder, LossPart],
  controllers: [LossesController],
  providers: [BunkerEnterAction, BunkerLeaveAction, LossesService],
};
