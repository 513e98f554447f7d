import type { Feature } from '../feature.js';

export const operatorsFeature: Feature = { entities: [], controllers: [], providers: [] };
