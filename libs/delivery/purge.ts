import type { Transactor } from '#database';
import type { Logger } from '#runtime';
import { purge } from './delivery.store.js';

/** Deleted in one transaction: short enough to be in nobody's way. */
const AT_ONCE = 2_000;

/** Lets go of deliveries that were done long ago. Instances may do it at once: each takes rows that no other has in hand. */
export class Purge {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly transactor: Transactor,
    private readonly keepDays: number,
    private readonly everyMs: number,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => void (this.running = this.running.then(() => this.run())), this.everyMs);
  }

  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.stopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      let total = 0;
      for (let gone = AT_ONCE; gone === AT_ONCE && !this.stopped; total += gone)
        gone = await this.transactor.run((em) => purge(em, this.keepDays, AT_ONCE));
      if (total > 0) this.log.info({ deliveries: total, keepDays: this.keepDays }, 'old deliveries deleted and counted');
    } catch (error) {
      this.log.warn({ err: error }, 'old deliveries could not be deleted; tried again later');
    }
  }
}
