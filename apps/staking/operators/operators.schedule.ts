import { Inject, Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { Schedule } from '#delivery';
import type { Logger } from '#runtime';
import type { StakingConfig } from '../config.js';
import { allProducts } from '../products/products.store.js';
import { Apart } from '../schedules/apart.js';
import { CHAINS, LOGGER, type Chains } from '../tokens.js';
import { OperatorAlarms } from './operator-alarms.service.js';
import { PerformanceService } from './performance.service.js';
import { RedelegationService } from './redelegation.service.js';

/** Watches operators: how they do, whether one holds too much, and what waits for people. */
@Injectable()
export class OperatorSchedules {
  constructor(
    private readonly transactor: Transactor,
    private readonly performance: PerformanceService,
    private readonly redelegation: RedelegationService,
    private readonly alarms: OperatorAlarms,
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @Schedule<StakingConfig>({ name: 'watch-operators', everyMs: (config) => config.OPERATORS_EVERY_MS })
  async watch(): Promise<void> {
    const round = new Apart(this.log, 'watch-operators');
    for (const { poolId: pool, chain: name } of await this.transactor.read(allProducts)) {
      const chain = this.chains.get(name);
      if (!chain) continue;
      await round.do({ pool, step: 'performance' }, () => this.performance.collect(pool, chain));
      await round.do({ pool, step: 'redelegation' }, () => this.redelegation.propose(pool));
      await round.do({ pool, step: 'alarms' }, () => this.alarms.watch(pool));
    }
    round.end();
  }
}
