import { newUuid, type Clock } from '#kernel';
import { withCorrelation, type Logger } from '#runtime';
import type { Listener } from './listener.js';
import type { JobQueue } from './queue-backend.js';

export interface ScheduledWork {
  readonly name: string;
  readonly everyMs: number;
  readonly work: () => Promise<void>;
}

export interface ScheduleJob {
  readonly schedule: string;
}

/** A schedule whose next start lies so far back has lost its job. */
const LATE_MS = 5_000;

/** Runs the schedules of a room: started by BullMQ's job schedulers, one instance at a time by an advisory lock, set up again when the queue was lost. */
export class Schedules {
  private readonly running = new Set<string>();
  private timer: NodeJS.Timeout | null = null;
  private checking: Promise<void> | null = null;
  private stopped = false;

  constructor(
    private readonly room: string,
    private readonly works: readonly ScheduledWork[],
    private readonly queue: JobQueue<ScheduleJob>,
    private readonly listener: Listener,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly checkEveryMs: number,
  ) {}

  /** Does not wait for the queue: a room starts without it. */
  start(): void {
    this.check();
    this.timer = setInterval(() => this.check(), this.checkEveryMs);
  }

  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.stopped = true;
    await this.checking;
  }

  /** One start of one schedule. What it throws is logged: the next start tries again. */
  async run(name: string): Promise<void> {
    const scheduled = this.works.find((work) => work.name === name);
    if (scheduled === undefined) return this.queue.unschedule(name); // of an earlier version of this room
    if (this.running.has(name)) return;
    this.running.add(name);
    try {
      await this.listener.exclusively(`schedule ${this.room} ${name}`, () => withCorrelation(newUuid(), scheduled.work));
    } catch (error) {
      this.log.warn({ err: error, schedule: name }, 'schedule failed; it runs again at its next time');
    } finally {
      this.running.delete(name);
    }
  }

  private check(): void {
    this.checking ??= this.setUp().finally(() => (this.checking = null));
  }

  private async setUp(): Promise<void> {
    for (const { name, everyMs } of this.works) {
      if (this.stopped) return;
      try {
        const known = await this.queue.scheduled(name);
        const late = this.clock.now().getTime() - LATE_MS - everyMs;
        if (known?.everyMs === everyMs && known.next !== undefined && known.next.getTime() > late) continue;
        await this.queue.schedule(name, everyMs, { schedule: name });
      } catch (error) {
        return this.log.warn({ err: error, schedule: name }, 'schedules could not be set up; trying again');
      }
    }
  }
}
