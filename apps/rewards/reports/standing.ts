/** Whether the rate of a pool may be traded on. */
export type Standing = 'current' | 'late' | 'held';

/** A report that carries the number that comes next: one that counts at most, and those that were rejected. */
export interface Next {
  readonly state: string;
  /** When it went to staking. */
  readonly sentAt: Date | null;
}

/**
 * held: people must look, or have rejected what they saw and nothing has come since; a rejection resolves nothing. late: the report that
 * should have come has not, or staking has not answered. A report that is on its way is the rate: it prices those who wait by itself.
 */
export function standingOf(of: {
  readonly poolHeld: boolean;
  readonly next: readonly Next[];
  /** When the last report was applied; before the first, when there was something to report. null: there is nothing yet. */
  readonly since: Date | null;
  readonly now: Date;
  readonly lateAfterMs: number;
}): Standing {
  const isLate = (since: Date): boolean => of.now.getTime() - since.getTime() > of.lateAfterMs;
  const sentAt = of.next.find(({ state }) => state !== 'rejected')?.sentAt ?? null;
  if (sentAt !== null) return isLate(sentAt) ? 'late' : 'current';
  if (of.poolHeld || of.next.some(({ state }) => state !== 'within_limits')) return 'held';
  return of.since !== null && isLate(of.since) ? 'late' : 'current';
}
