import type { Transactor } from '#database';
import type { Logger } from '#runtime';
import { claim, release, type Leased } from './delivery.store.js';
import type { Meter } from './metrics.js';
import type { JobQueue } from './queue-backend.js';

export interface RelaySettings {
  /** Rows handed over at once. */
  readonly batch: number;
  /** A row not handled by then is handed over again. */
  readonly leaseMs: number;
  /** Finds what no notification announced. */
  readonly pollMs: number;
  /** No more is handed over while so many jobs wait: leases must not run out in a queue that is merely long. */
  readonly highWater: number;
}

/** What a job carries: the delivery's id and nothing else. */
export interface DeliveryJob {
  readonly id: string;
}

/** Hands the open deliveries of a room to its queue. Several instances share the rows; a row handed over twice is handled once. */
export class Relay {
  private timer: NodeJS.Timeout | null = null;
  private pending = false;
  private stopped = false;
  private running: Promise<void> | null = null;
  private readonly later = new Set<NodeJS.Timeout>();

  constructor(
    private readonly queue: JobQueue<DeliveryJob>,
    private readonly transactor: Transactor,
    private readonly settings: RelaySettings,
    private readonly log: Logger,
    private readonly meter: Pick<Meter, 'redelivered'>,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.wake(), this.settings.pollMs);
    this.wake();
  }

  /** Something may be there to hand over. */
  readonly wake = (): void => {
    this.pending = true;
    if (!this.stopped) this.running ??= this.run().finally(() => (this.running = null));
  };

  wakeIn(ms: number): void {
    const timer = setTimeout(() => {
      this.later.delete(timer);
      this.wake();
    }, ms);
    this.later.add(timer);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearInterval(this.timer);
    for (const timer of this.later) clearTimeout(timer);
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.pending && !this.stopped) {
      this.pending = false;
      try {
        await this.handOver();
      } catch (error) {
        this.log.warn({ err: error }, 'deliveries could not be handed to the queue; they stay where they are');
      }
    }
  }

  /**
   * Batch after batch while there is more and the queue has room. The next is leased while the one in hand is added, as they wait for different
   * servers; what cannot be added is given back at once.
   */
  private async handOver(): Promise<void> {
    const { batch, highWater } = this.settings;
    let leased = await this.lease();
    let room = true;
    while (leased.length > 0) {
      const more = room && !this.stopped && leased.length === batch;
      const [added, next] = await Promise.allSettled([this.add(leased), more ? this.lease() : Promise.resolve([])]);
      if (added.status === 'rejected') {
        await this.giveBack([...leased, ...(next.status === 'fulfilled' ? next.value : [])]);
        throw added.reason;
      }
      if (next.status === 'rejected') throw next.reason;
      leased = next.value;
      // a queue that does not say is taken for full: what is leased already is added, or given back
      if (more)
        room = await this.queue.waiting().then(
          (waiting) => waiting < highWater,
          () => false,
        );
    }
  }

  private async lease(): Promise<Leased[]> {
    const { batch, leaseMs } = this.settings;
    const leased = await this.transactor.run((em) => claim(em, batch, leaseMs));
    this.meter.redelivered(leased.filter((row) => row.again).length);
    return leased;
  }

  private async add(leased: readonly Leased[]): Promise<void> {
    const stuck = await this.forget(leased.filter((row) => row.again));
    await this.queue.add(leased.map(({ id }) => ({ id: stuck.has(id) ? second(id) : id, data: { id } })));
  }

  private async giveBack(leased: readonly Leased[]): Promise<void> {
    const ids = leased.map((row) => row.id);
    await this.transactor.run((em) => release(em, ids, this.settings.pollMs));
  }

  /**
   * A job that was lost half-way would keep its id from being queued again. Answers with those that cannot be removed because a worker has
   * them in hand: alive, then another job does no harm; or killed, then another job need not wait until BullMQ gives it up.
   */
  private async forget(rows: readonly Leased[]): Promise<ReadonlySet<string>> {
    const stuck = new Set<string>();
    await Promise.all(
      rows.map(async ({ id }) => {
        if (!(await this.queue.remove(id))) stuck.add(id);
        await this.queue.remove(second(id));
      }),
    );
    return stuck;
  }
}

/** One more name for the job of a delivery, and never a third: duplicates do not pile up. */
const second = (id: string): string => `${id}.2`;
