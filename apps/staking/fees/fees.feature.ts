import type { Feature } from '../feature.js';
import { DedicatedPoolAction } from '../products/dedicated-pool.action.js';
import { FeeScheduleAction } from './fee-schedule.action.js';

export const feesFeature: Feature = { entities: [], controllers: [], providers: [DedicatedPoolAction, FeeScheduleAction] };
