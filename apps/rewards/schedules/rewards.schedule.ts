import { Inject, Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { Schedule } from '#delivery';
import type { Logger } from '#runtime';
import type { RewardsConfig } from '../config.js';
import { PostingService } from '../payouts/posting.service.js';
import { VerificationService } from '../payouts/verification.service.js';
import { allPools } from '../pools/pools.store.js';
import { ObservationService } from '../reports/observation.service.js';
import { CHAINS, LOGGER, type Chains } from '../tokens.js';
import { DueService } from './due.service.js';
import { oneByOne } from './one-by-one.js';

/** What this room does by itself. */
@Injectable()
export class RewardsSchedules {
  constructor(
    private readonly transactor: Transactor,
    private readonly observation: ObservationService,
    private readonly due: DueService,
    private readonly verification: VerificationService,
    private readonly posting: PostingService,
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Pool by pool: trouble with one chain, or a mistake in one pool, stops nothing in another. */
  @Schedule<RewardsConfig>({ name: 'observe', everyMs: (config) => config.REPORT_EVERY_MS })
  async observe(): Promise<void> {
    await oneByOne(this.log, await this.transactor.read(allPools), async (pool) => {
      const chain = this.chains.get(pool.chain);
      if (chain) await this.observation.observe(pool.id, chain);
    });
  }

  @Schedule<RewardsConfig>({ name: 'plan-payouts', everyMs: (config) => config.PAYOUT_LOOK_MS })
  plan(): Promise<void> {
    return this.due.planDue();
  }

  /** On whichever instance holds its lock: not of necessity the one that drew them up. */
  @Schedule<RewardsConfig>({ name: 'verify-payouts', everyMs: (config) => config.PAYOUT_STEP_MS })
  verify(): Promise<void> {
    return this.verification.verifyAll();
  }

  @Schedule<RewardsConfig>({ name: 'post-payouts', everyMs: (config) => config.PAYOUT_STEP_MS })
  post(): Promise<void> {
    return this.posting.postAll();
  }
}
