import { Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { Schedule } from '#delivery';
import { foldStripes, ledgerHealth, rollUp } from '#ledger';
import type { CustodyConfig } from '../config.js';
import { CustodyMetrics } from '../status/metrics.js';

/** Steps of one run; the rest waits for the next. */
const MOST_STEPS = 20;

/** What the ledger wants done in the background: no answer of it depends on when, or whether, this runs. */
@Injectable()
export class LedgerUpkeepService {
  constructor(
    private readonly transactor: Transactor,
    private readonly metrics: CustodyMetrics,
  ) {}

  @Schedule<CustodyConfig>({ name: 'ledger-roll-up', everyMs: (config) => config.LEDGER_UPKEEP_EVERY_MS })
  async rollUp(): Promise<void> {
    for (let step = 0; step < MOST_STEPS && (await this.transactor.run((em) => rollUp(em))) > 0; step++);
    await this.transactor.run((em) => foldStripes(em));
  }

  @Schedule<CustodyConfig>({ name: 'ledger-health', everyMs: (config) => config.LEDGER_HEALTH_EVERY_MS })
  async health(): Promise<void> {
    const { imbalances, notRolledUp } = await this.transactor.read((em) => ledgerHealth(em));
    for (const { entity, asset, imbalance } of imbalances) this.metrics.ledgerImbalance(entity, asset, imbalance);
    this.metrics.ledgerNotRolledUp(notRolledUp);
  }
}
