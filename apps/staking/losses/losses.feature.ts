import type { Feature } from '../feature.js';
import { CoverStepRow, Loss, LossHolder, LossPart } from './loss.entity.js';

export const lossesFeature: Feature = { entities: [CoverStepRow, Loss, LossHolder, LossPart], controllers: [], providers: [] };
