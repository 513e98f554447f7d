/** For the drill: the workers of a payout run, as the rewards room has them, on a database of a test. */
import { DataSource } from 'typeorm';
import { dataSourceOptions, Transactor } from '#database';
import { systemClock } from '#kernel';
import { createLogger } from '#runtime';
import { RewardsConfig } from '../../apps/rewards/config.js';
import { DraftingService } from '../../apps/rewards/payouts/drafting.service.js';
import { PayoutRun } from '../../apps/rewards/payouts/payout.entity.js';
import { PlanningService } from '../../apps/rewards/payouts/planning.service.js';
import { PostingService } from '../../apps/rewards/payouts/posting.service.js';
import { VerificationService } from '../../apps/rewards/payouts/verification.service.js';
import { Pool } from '../../apps/rewards/pools/pool.entity.js';
import { Report } from '../../apps/rewards/reports/report.entity.js';
import { PayoutSchedule } from '../../apps/rewards/schedules/schedule.entity.js';

export const POOL = 'eth-payout-1';

export interface Workers {
  readonly transactor: Transactor;
  readonly planning: PlanningService;
  readonly verification: VerificationService;
  readonly posting: PostingService;
  close(): Promise<void>;
}

export async function openWorkers(url: string): Promise<Workers> {
  const entities = [PayoutRun, PayoutSchedule, Pool, Report];
  const source = await new DataSource({ ...dataSourceOptions('rewards', url, entities, 2), logging: false }).initialize();
  const transactor = new Transactor(source);
  const config = Object.assign(new RewardsConfig(), { PAYOUT_CHUNK: 2, AUTO_APPROVE_LIMIT: (10n ** 30n).toString() });
  const planning = new PlanningService(new DraftingService(), systemClock, config);
  const log = createLogger('rewards', 'silent');
  const verification = new VerificationService(transactor, planning, systemClock, config, log);
  const posting = new PostingService(transactor, planning, verification, systemClock, config, log);
  return { transactor, planning, verification, posting, close: () => source.destroy() };
}

/** From the answer of settlement to the end: drawn up, worked out again, approved by rule, set aside, paid in chunks, given back, reconciled. */
export async function payOut({ transactor, planning, verification, posting }: Workers, runId: string): Promise<void> {
  await transactor.run((em) => planning.settled(em, { runId, poolId: POOL, holders: 1 }));
  await verification.verify(runId);
  await posting.advance(runId);
}
