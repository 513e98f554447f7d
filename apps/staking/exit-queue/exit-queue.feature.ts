import type { Feature } from '../feature.js';

export const exitQueueFeature: Feature = { entities: [], controllers: [], providers: [] };
