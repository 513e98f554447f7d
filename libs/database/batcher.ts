import type { EntityManager } from 'typeorm';
import { Fault } from '#kernel';
import type { Transactor } from './transactor.js';

export interface BatcherOptions<I, O> {
  /** Decides all items in one transaction, one outcome an item, in order. An expected refusal is an outcome, not an exception. */
  readonly work: (em: EntityManager, items: readonly I[]) => Promise<O[]>;
  readonly maxItems: number;
  /** How long the first of a batch may wait for company once batches are under way. At once when idle. */
  readonly maxWaitMs: number;
  /** Beyond this many waiting items a new one is refused: Fault `overloaded`, retryable. */
  readonly maxQueued: number;
}

interface Waiting<I, O> {
  readonly item: I;
  readonly resolve: (outcome: O) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Concurrent requests share a transaction. What has arrived is decided together and committed once. An unexpected error bisects the batch,
 * so that one bad item never fails its neighbours.
 */
export class Batcher<I, O> {
  private waiting: Waiting<I, O>[] = [];
  private running = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly transactor: Transactor,
    private readonly options: BatcherOptions<I, O>,
    private readonly lanes = 2,
  ) {}

  submit(item: I): Promise<O> {
    if (this.waiting.length >= this.options.maxQueued) {
      return Promise.reject(new Fault('overloaded', 'too many requests are waiting', true, { facts: { queued: this.waiting.length } }));
    }
    return new Promise<O>((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.waiting.length === 0 || this.running >= this.lanes) return;
    if (this.running === 0 || this.waiting.length >= this.options.maxItems) return this.start();
    this.timer ??= setTimeout(() => {
      this.timer = null;
      if (this.running < this.lanes) this.start();
    }, this.options.maxWaitMs);
  }

  private start(): void {
    const batch = this.waiting.splice(0, this.options.maxItems);
    if (batch.length === 0) return;
    this.running++;
    void this.decide(batch).finally(() => {
      this.running--;
      this.schedule();
    });
  }

  private async decide(batch: Waiting<I, O>[]): Promise<void> {
    try {
      const outcomes = await this.transactor.run((em) =>
        this.options.work(
          em,
          batch.map((w) => w.item),
        ),
      );
      if (outcomes.length !== batch.length) throw new Error(`a batch of ${batch.length} items came back with ${outcomes.length} outcomes`);
      batch.forEach((w, i) => w.resolve(outcomes[i] as O));
    } catch (error) {
      if (batch.length === 1) return batch[0]?.reject(error);
      const middle = batch.length >> 1;
      await this.decide(batch.slice(0, middle));
      await this.decide(batch.slice(middle));
    }
  }
}
