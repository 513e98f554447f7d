/**
 * Keeps a half-made slot out of sight. Writers (slots, reorgs) go alone, in order of arrival; readers go together, between them, and see
 * a block only when its withdrawals are credited and its beacon block stands.
 */
export class Gate {
  #last: Promise<unknown> = Promise.resolve();
  readonly #reading = new Set<Promise<unknown>>();

  alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      await Promise.allSettled(this.#reading);
      return work();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  together<T>(work: () => Promise<T>): Promise<T> {
    return this.#last.then(() => {
      const reading = work();
      this.#reading.add(reading);
      const done = (): void => void this.#reading.delete(reading);
      reading.then(done, done);
      return reading;
    });
  }
}
