import { Inject, Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { Schedule } from '#delivery';
import { type Clock, Fault } from '#kernel';
import { type PriceSource, type Quote, recordQuotes } from '#prices';
import type { Logger } from '#runtime';
import type { ReceptionConfig } from '../config.js';
import { CLOCK, CONFIG, LOGGER, PRICE_SOURCES } from '../tokens.js';

/** Asks the sources what things are worth, and keeps what they say. */
@Injectable()
export class PricesSchedule {
  constructor(
    @Inject(Transactor) private readonly transactor: Transactor,
    @Inject(PRICE_SOURCES) private readonly sources: readonly PriceSource[],
    @Inject(CONFIG) private readonly config: ReceptionConfig,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Source by source: trouble with one stops no other. All are asked first, as one confirms what another says. */
  @Schedule<ReceptionConfig>({ name: 'prices', everyMs: (config) => config.PRICE_EVERY_MS })
  async observe(): Promise<void> {
    const told: { source: PriceSource; quotes: readonly Quote[] }[] = [];
    for (const source of this.sources) told.push({ source, quotes: await this.ask(source) });
    const now = this.clock.now();
    const says = told.map(({ source, quotes }) => ({
      source: source.name,
      says: [...quotes, ...(source.pairs ?? []).map((pair) => ({ ...pair, asOf: now }))],
    }));
    for (const { source, quotes } of told) {
      const others = says.filter((other) => other.source !== source.name);
      const limits = { now, mostJumpBps: this.config.PRICE_MAX_JUMP_BPS, dwellMs: this.config.PRICE_JUMP_DWELL_MS, others };
      const { kept, suspect, refused } = await recordQuotes((work) => this.transactor.run(work), source.name, quotes, limits);
      if (suspect > 0 || refused.length > 0)
        this.log.warn(
          { source: source.name, kept, suspect, refused: refused.slice(0, 5).map((r) => r.refusal.detail) },
          'prices that jump wait for confirmation; what is no price is not kept',
        );
    }
  }

  private async ask(source: PriceSource): Promise<readonly Quote[]> {
    try {
      return await source.quotes(this.clock.now());
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.log.warn(
        { source: source.name, code: error.code, reason: error.message },
        'the price source is not usable; what was said before grows old',
      );
      return [];
    }
  }
}
