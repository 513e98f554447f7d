import type { Feature } from '../feature.js';

export const lossesFeature: Feature = { entities: [], controllers: [], providers: [] };
