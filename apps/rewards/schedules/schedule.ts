import { machine } from '#kernel';

export type ChangeState = 'proposed' | 'approved' | 'rejected';
export type ChangeEvent = 'approve' | 'reject';

/** A change of a payout schedule: one person proposes it, another decides. */
export const changeMachine = machine<ChangeState, ChangeEvent>({
  name: 'payout_schedule_change',
  initial: 'proposed',
  terminal: ['approved', 'rejected'],
  transitions: { proposed: { approve: 'approved', reject: 'rejected' }, approved: {}, rejected: {} },
});
