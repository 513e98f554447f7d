/**
 * Who waits for the next batch. Without turns: first come, first served, up to `most`. With turns (`turnOf`): each batch takes one item of each
 * in turn, and nobody may have more waiting than there is room left (a dynamic threshold: a flood from one gets half of the line at most,
 * and the next who comes always finds room).
 */
export class Line<T> {
  private readonly turns = new Map<string, T[]>();
  private size = 0;

  constructor(
    private readonly most: number,
    private readonly turnOf: ((item: T) => string) | undefined,
  ) {}

  get length(): number {
    return this.size;
  }

  /** False: there is no room for it. */
  join(item: T): boolean {
    const turn = this.turnOf?.(item) ?? '';
    const own = this.turns.get(turn) ?? [];
    const room = this.most - this.size;
    if (room <= 0 || (this.turnOf && own.length >= room)) return false;
    own.push(item);
    this.turns.set(turn, own);
    this.size++;
    return true;
  }

  /** Up to `count`, in the order in which they came, one of each turn at a time. Who was served goes behind those who were not. */
  take(count: number): T[] {
    const taken: T[] = [];
    if (this.turnOf === undefined) {
      taken.push(...(this.turns.get('')?.splice(0, count) ?? []));
    } else {
      while (taken.length < count && this.turns.size > 0) this.takeRound(count, taken);
    }
    this.size -= taken.length;
    return taken;
  }

  private takeRound(count: number, taken: T[]): void {
    for (const [turn, own] of [...this.turns]) {
      if (taken.length >= count) return;
      taken.push(...own.splice(0, 1));
      this.turns.delete(turn);
      if (own.length > 0) this.turns.set(turn, own);
    }
  }
}
