import { Fault, type Clock } from '#kernel';

/** Times a head must have been seen unmoved before it is called a stall: one late question proves nothing. */
const LOOKS = 3;

/**
 * A stall is a head that does not move while it is asked for again and again, by our own clock. The age of its timestamp says nothing:
 * a local chain runs ahead of or behind the wall clock, and a public one may miss slots.
 */
export class HeadWatch {
  private seen: { readonly head: string; readonly since: number; looks: number; last: number } | null = null;

  constructor(
    private readonly name: string,
    private readonly clock: Clock,
  ) {}

  /** Fault `chain.stalled` when `head` has been the same for `patienceMs`. */
  look(head: string, patienceMs: number): void {
    const now = this.clock.now().getTime();
    // nobody looked for long: what happened in between is unknown, so the wait starts again
    if (this.seen?.head !== head || now - this.seen.last > patienceMs) {
      this.seen = { head, since: now, looks: 1, last: now };
      return;
    }
    this.seen.looks += 1;
    this.seen.last = now;
    if (this.seen.looks < LOOKS || now - this.seen.since < patienceMs) return;
    const seconds = Math.round((now - this.seen.since) / 1000);
    throw new Fault('chain.stalled', `The head of the ${this.name} chain has not moved for ${seconds} seconds.`, true, {
      facts: { head, seconds },
    });
  }
}
