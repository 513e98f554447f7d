/** Whether the rate of a pool may be traded on. */
export type Standing = 'current' | 'late' | 'held';

/** How the report that comes next has fared: all that carry its number, in any order. */
export interface Next {
  readonly states: readonly string[];
}

/**
 * held: people must look, or have looked and the report is not applied yet; a rejected one resolves nothing. late: the report that should
 * have come has not. Only an applied report makes a rate current again.
 */
export function standingOf(of: {
  readonly poolHeld: boolean;
  readonly next: Next;
  /** When the last report was applied; before the first, when there was something to report. null: there is nothing yet. */
  readonly since: Date | null;
  readonly now: Date;
  readonly lateAfterMs: number;
}): Standing {
  if (of.poolHeld || of.next.states.some((state) => state === 'held' || state === 'approved' || state === 'rejected')) return 'held';
  if (of.since === null) return 'current';
  return of.now.getTime() - of.since.getTime() > of.lateAfterMs ? 'late' : 'current';
}
