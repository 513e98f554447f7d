import type { EntityManager } from 'typeorm';
import { Fault, invariant } from '#kernel';
import { Line } from './batcher-line.js';
import type { Transactor } from './transactor.js';

export interface BatcherOptions<I, O> {
  /**
   * Decides all items in one transaction, one outcome an item, in order. An expected refusal is an outcome, not an exception. It runs again
   * with fewer items after an exception.
   */
  readonly work: (em: EntityManager, items: readonly I[]) => Promise<O[]>;
  readonly maxItems: number;
  /** How long the first of a batch may wait for company once batches are under way. At once when idle. */
  readonly maxWaitMs: number;
  /** Beyond this many waiting items a new one is refused: Fault `overloaded`, retryable. */
  readonly maxQueued: number;
  /** Whose item it is: they take turns, and a flood from one leaves room for the others. First come, first served unless given. */
  readonly turnOf?: (item: I) => string;
}

interface Waiting<I, O> {
  readonly item: I;
  readonly resolve: (outcome: O) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Concurrent requests share a transaction. What has arrived is decided together and committed once. An unexpected error, also one that comes
 * only with the commit, bisects the batch, so that one bad item never fails its neighbours.
 */
export class Batcher<I, O> {
  private readonly line: Line<Waiting<I, O>>;
  private readonly inHand = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(
    private readonly transactor: Transactor,
    private readonly options: BatcherOptions<I, O>,
    private readonly lanes = 2,
  ) {
    const { maxQueued, turnOf } = options;
    this.line = new Line(maxQueued, turnOf && ((waiting) => turnOf(waiting.item)));
  }

  /** Faults, both retryable: `overloaded`, and `unavailable` after close(). */
  submit(item: I): Promise<O> {
    if (this.closed) return Promise.reject(new Fault('unavailable', 'this room is closing', true));
    return new Promise<O>((resolve, reject) => {
      if (this.line.join({ item, resolve, reject })) return this.schedule();
      reject(new Fault('overloaded', 'too many requests are waiting', true, { facts: { queued: this.line.length } }));
    });
  }

  /** Takes nothing more, and waits until all that was taken is decided. */
  async close(): Promise<void> {
    this.closed = true;
    while (this.line.length > 0 || this.inHand.size > 0) {
      if (this.line.length > 0 && this.inHand.size < this.lanes) this.start();
      await Promise.race(this.inHand);
    }
    if (this.timer) clearTimeout(this.timer);
  }

  private schedule(): void {
    if (this.line.length === 0 || this.inHand.size >= this.lanes) return;
    if (this.inHand.size === 0 || this.line.length >= this.options.maxItems) return this.start();
    this.timer ??= setTimeout(() => {
      this.timer = null;
      if (this.inHand.size < this.lanes) this.start();
    }, this.options.maxWaitMs);
  }

  private start(): void {
    const batch = this.line.take(this.options.maxItems);
    if (batch.length === 0) return;
    const deciding = this.decide(batch).finally(() => {
      this.inHand.delete(deciding);
      this.schedule();
    });
    this.inHand.add(deciding);
  }

  private async decide(batch: readonly Waiting<I, O>[]): Promise<void> {
    try {
      const outcomes = await this.transactor.run(async (em) => {
        const decided = await this.options.work(
          em,
          batch.map((w) => w.item),
        );
        invariant(decided.length === batch.length, 'batch.outcomes', { items: batch.length, outcomes: decided.length });
        return decided;
      });
      batch.forEach((w, i) => w.resolve(outcomes[i] as O));
    } catch (error) {
      if (batch.length === 1 || isDatabaseAway(error)) return batch.forEach((w) => w.reject(error));
      const middle = batch.length >> 1;
      await this.decide(batch.slice(0, middle));
      await this.decide(batch.slice(middle));
    }
  }
}

/** Connection lost, refused or not to be had, server shutting down or starting. */
const AWAY = /^(08...|57P0[1-3]|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/;
const AWAY_WORDS = /^(Connection terminated|timeout exceeded when trying to connect|Driver not Connected)/;

/** No item is to blame, and nobody knows whether a commit under way was done: to try smaller batches would help nobody. */
function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, driverError } = error as { code?: string; driverError?: { code?: string } };
  return AWAY.test(driverError?.code ?? code ?? '') || AWAY_WORDS.test(error.message);
}
