import { Fault } from '#kernel';
import type { Logger } from '#runtime';

/** Work of one round that is done whatever became of the rest of it. */
export type Step = (step: string, work: () => Promise<unknown>) => Promise<void>;

/**
 * A round over many things of which none may stop another. A Fault is trouble outside, and tried again at the next round; any other error is a
 * mistake of ours: it is told with an alarm each time, and the first one is what the round ends with, when everything else was done.
 */
export class Apart {
  private readonly mistakes: unknown[] = [];

  constructor(
    private readonly log: Logger,
    private readonly schedule: string,
  ) {}

  async do(about: { readonly pool: string; readonly step?: string }, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const facts = { schedule: this.schedule, ...about };
      if (error instanceof Fault) {
        this.log.warn({ ...facts, code: error.code }, 'the chain does not answer as it should; trying again');
        return;
      }
      this.log.error({ alarm: true, ...facts, err: error }, 'this failed, everything else of the round goes on');
      this.mistakes.push(error);
    }
  }

  /** Throws the first mistake of the round. */
  end(): void {
    if (this.mistakes.length > 0) throw this.mistakes[0];
  }
}
