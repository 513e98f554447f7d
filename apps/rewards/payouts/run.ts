import { machine } from '#kernel';

export type RunState = 'planned' | 'dry_run' | 'disputed' | 'approved' | 'posting' | 'posted' | 'reconciled' | 'cancelled';
export type RunEvent = 'settle' | 'approve' | 'redraw' | 'dispute' | 'cancel' | 'fund' | 'finish' | 'reconcile';

/**
 * `redraw`: less was collected when the money was to be set aside than at the dry run, or balances had moved when the dry run was worked out
 * again: the lines are drawn up anew, worked out again anew and approved anew. `dispute`: the two workers do not agree, or the lines are no
 * longer what was drawn up: nothing moves until somebody has looked.
 */
export const runMachine = machine<RunState, RunEvent>({
  name: 'payout_run',
  initial: 'planned',
  terminal: ['reconciled', 'cancelled'],
  transitions: {
    planned: { settle: 'dry_run' },
    dry_run: { approve: 'approved', redraw: 'dry_run', dispute: 'disputed', cancel: 'cancelled' },
    disputed: { redraw: 'dry_run', cancel: 'cancelled' },
    approved: { fund: 'posting', redraw: 'dry_run', dispute: 'disputed' },
    posting: { finish: 'posted' },
    posted: { reconcile: 'reconciled' },
    reconciled: {},
    cancelled: {},
  },
});
