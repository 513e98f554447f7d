import type { Feature } from '../feature.js';
import { DedicatedPoolAction } from '../products/dedicated-pool.action.js';
import { ClientTierAction } from './client-tier.action.js';
import { FeeScheduleAction } from './fee-schedule.action.js';

export const feesFeature: Feature = {
  entities: [],
  controllers: [],
  providers: [ClientTierAction, DedicatedPoolAction, FeeScheduleAction],
};
