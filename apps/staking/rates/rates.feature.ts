import type { Feature } from '../feature.js';
import { RatesController } from './rates.controller.js';
import { RatesService } from './rates.service.js';

export const ratesFeature: Feature = { entities: [], controllers: [RatesController], providers: [RatesService] };
