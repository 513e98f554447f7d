import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Transactor } from '#database';
import type { Clock } from '#kernel';
import type { StakingConfig } from '../config.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { catalogue } from './catalogue.js';
import { openProduct } from './opening.js';

/** Opens what is in the catalogue, each product once in the life of a database. */
@Injectable()
export class OpeningService implements OnApplicationBootstrap {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.transactor.run(async (em) => {
      for (const offer of catalogue) await openProduct(em, offer, this.config, this.clock.now());
    });
  }
}
