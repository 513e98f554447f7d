import type { Feature } from '../feature.js';
import { Distribution, DistributionLine } from './distribution.entity.js';
import { DistributionsController, ReimbursementsController } from './distributions.controller.js';
import { DistributionsService } from './distributions.service.js';
import { DistributionPosting } from './posting.service.js';
import { RecoveryAction } from './recovery.action.js';

export const distributionsFeature: Feature = {
  entities: [Distribution, DistributionLine],
  controllers: [DistributionsController, ReimbursementsController],
  providers: [DistributionPosting, DistributionsService, RecoveryAction],
};
