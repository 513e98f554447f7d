import type { Feature } from '../feature.js';

export const feesFeature: Feature = { entities: [], controllers: [], providers: [] };
