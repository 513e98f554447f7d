import { Inject, Injectable } from '@nestjs/common';
import type { Chain } from '#chains';
import { Transactor } from '#database';
import type { Clock } from '#kernel';
import type { Logger } from '#runtime';
import type { StakingConfig } from '../config.js';
import { openIncident } from '../incidents/incidents.store.js';
import { poolOf } from '../pools/pools.store.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import { dueMediums, noteMediums, type Medium } from './mediums.store.js';

/** Looks again, well before what was seen is too old, whether what our validators pay out still comes to us. */
@Injectable()
export class MediumsService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async verify(poolId: string, chain: Chain): Promise<void> {
    const since = this.clock.now();
    since.setTime(since.getTime() - Math.floor(this.config.MEDIUM_VALID_MS / 2));
    const { vault, due } = await this.transactor.read(async (em) => ({
      vault: (await poolOf(em, poolId))?.vaultAddress ?? null,
      due: await dueMediums(em, poolId, since),
    }));
    if (vault === null || due.length === 0) return;
    const ours = new Set((['eth1', 'compounding'] as const).map((type) => chain.staking.withdrawalCredentials(vault, type)));
    const keys = new Map(due.map(({ pubkey, operatorId }) => [pubkey, operatorId]));
    const { validators } = await chain.staking.validators([...keys.keys()], 'finalised');
    const seen = validators.flatMap(({ pubkey, withdrawalCredentials: value }): Medium[] => {
      if (value === null) return [];
      const state = ours.has(value) ? 'verified' : 'foreign';
      return [{ pubkey, poolId, operatorId: keys.get(pubkey) ?? null, value, state, how: 'finalised_state' }];
    });
    await this.transactor.run(async (em) => {
      const at = this.clock.now();
      await noteMediums(em, seen, at);
      for (const { pubkey, value, operatorId } of seen.filter(({ state }) => state === 'foreign')) {
        const details = { pubkey, found: value, operator: operatorId };
        if (await openIncident(em, { poolId, kind: 'deposit.foreign_credentials', subject: pubkey, details }, at))
          this.log.error({ alarm: true, ...details }, 'a validator of ours withdraws to credentials that are not ours');
      }
    });
  }
}
