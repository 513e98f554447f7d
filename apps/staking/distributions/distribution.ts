import { machine, share, type Amount, type Machine } from '#kernel';

export type DistributionState = 'posting' | 'waiting' | 'settled';
export type DistributionEvent = 'wait' | 'resume' | 'settle';

/**
 * What comes back of a loss, paid line by line. `waiting`: all is paid but the lines of accounts that may not be paid now. `settled`: nothing of
 * it is left.
 */
export const distributionMachine: Machine<DistributionState, DistributionEvent> = machine({
  name: 'distribution',
  initial: 'posting',
  terminal: ['settled'],
  transitions: {
    posting: { wait: 'waiting', settle: 'settled' },
    waiting: { resume: 'posting' },
    settled: {},
  },
});

export type LineState = 'pending' | 'held' | 'paid';

export interface Weight {
  readonly clientId: string;
  readonly weight: bigint;
}
export interface Line {
  readonly clientId: string;
  readonly amount: Amount;
}

/**
 * By largest remainder, ties to the smaller client id: the lines sum to the total, whatever the order in which the weights come. Who would get
 * nothing has no line. `staking.distribution_line` is filled by the same rule in SQL (distributions.store.ts).
 */
export function linesFor(total: Amount, weights: readonly Weight[]): Line[] {
  const ordered = [...weights].sort((a, b) => (a.clientId < b.clientId ? -1 : 1));
  const parts = share(
    total,
    ordered.map(({ weight }) => weight),
  );
  return ordered.flatMap(({ clientId }, index) => {
    const units = parts[index];
    return units === undefined || units === 0n ? [] : [{ clientId, amount: units }];
  });
}

export const recoverySources = ['operator_bond', 'cover_fund', 'first_loss', 'recovered'] as const;
/** `recovered`: what stands in the pool's recovery account and is promised to nobody. */
export type RecoverySource = (typeof recoverySources)[number];
