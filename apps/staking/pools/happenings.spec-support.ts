import type { Reported } from './simulation.spec-support.js';

/** How often each thing happened in a simulation: a law that holds of nothing proves nothing. */
export const nothingYet = () => ({
  minted: 0,
  paid: 0,
  losses: 0,
  short: 0,
  emptied: 0,
  frozen: 0,
  toppedUp: 0,
  partial: 0,
  executed: 0,
  given: 0,
  restored: 0,
  merged: 0,
});
export type Happenings = ReturnType<typeof nothingYet>;

export function count(
  seen: Happenings,
  applied: Reported,
  { executed, merged }: { readonly executed: boolean; readonly merged: boolean },
): void {
  seen.minted += applied.minted.length;
  seen.paid += applied.paid.length;
  seen.losses += applied.reward < 0n ? 1 : 0;
  seen.short += applied.short;
  seen.toppedUp += applied.toppedUp.length;
  seen.partial += applied.principalOf.size;
  seen.executed += executed ? 1 : 0;
  seen.given += applied.given.length;
  seen.restored += applied.moves.filter((m) => m.kind === 'execution.recover').length;
  seen.emptied += applied.validators.filter((v) => v.emptied).length;
  seen.merged += merged ? 1 : 0;
}
