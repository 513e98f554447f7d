/** Rounds that came to nothing. The same is not tried again while nothing changed, but for a while only: some of what it hangs on has no mark. */
export class Futile {
  private readonly rounds = new Map<string, { readonly mark: string; readonly at: number }>();

  /** Whether it came to nothing less than `withinMs` ago, with all as it is now. */
  is(pool: string, mark: string, now: Date, withinMs: number): boolean {
    const last = this.rounds.get(pool);
    return last !== undefined && last.mark === mark && now.getTime() < last.at + withinMs;
  }
  note(pool: string, mark: string, now: Date): void {
    this.rounds.set(pool, { mark, at: now.getTime() });
  }
}
