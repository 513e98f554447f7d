import { InvariantBroken, newUuid } from '#kernel';
import { withCorrelation, type Logger } from '#runtime';
import type { Listener } from './listener.js';

export interface ScheduledWork {
  readonly name: string;
  readonly everyMs: number;
  readonly work: () => Promise<void>;
}

/**
 * Runs the schedules of a room on its own clock, each on the one instance that holds its lock, for as long as that instance lives; then
 * another takes it over. No queue is asked: a schedule costs nothing while it waits, and goes on while the queue is away.
 */
export class Schedules {
  private readonly running = new Map<string, Promise<void>>();
  private readonly timers: NodeJS.Timeout[] = [];
  private stopped = false;

  constructor(
    private readonly room: string,
    private readonly works: readonly ScheduledWork[],
    private readonly listener: Pick<Listener, 'holds'>,
    private readonly log: Logger,
  ) {}

  /** Each runs at once, then again and again. */
  start(): void {
    for (const scheduled of this.works) {
      this.timers.push(setInterval(() => this.due(scheduled), scheduled.everyMs));
      this.due(scheduled);
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const timer of this.timers) clearInterval(timer);
    await Promise.all(this.running.values());
  }

  private due(scheduled: ScheduledWork): void {
    const { name } = scheduled;
    if (this.stopped || this.running.has(name)) return;
    this.running.set(
      name,
      this.run(scheduled).finally(() => this.running.delete(name)),
    );
  }

  /** What it throws is logged, and told with an alarm where it is a mistake of ours: the next start tries again. */
  private async run({ name, work }: ScheduledWork): Promise<void> {
    try {
      if (await this.listener.holds(`schedule ${this.room} ${name}`)) await withCorrelation(newUuid(), work);
    } catch (error) {
      if (error instanceof InvariantBroken)
        this.log.error(
          { alarm: true, err: error, code: error.code, schedule: name },
          'schedule broke an invariant; it runs again at its next time',
        );
      else this.log.warn({ err: error, schedule: name }, 'schedule failed; it runs again at its next time');
    }
  }
}
