import { machine, type Machine } from '#kernel';

export const unstakeStates = [
  'received',
  'under_review',
  'accepted',
  'exit_scheduled',
  'unbonding',
  'finalised',
  'settled',
  'rejected',
  'cancelled',
  'failed_reversed',
] as const;
export type UnstakeState = (typeof unstakeStates)[number];
export type UnstakeEvent = 'review' | 'accept' | 'reject' | 'schedule' | 'unbond' | 'finalise' | 'settle' | 'cancel' | 'fail';

/** An order to leave. What the pool's buffer covers is paid by the next report without a validator leaving for it. */
export const unstakeMachine: Machine<UnstakeState, UnstakeEvent> = machine({
  name: 'unstake',
  initial: 'received',
  terminal: ['settled', 'rejected', 'cancelled', 'failed_reversed'],
  transitions: {
    received: { review: 'under_review', accept: 'accepted', reject: 'rejected' },
    under_review: { accept: 'accepted', reject: 'rejected' },
    accepted: { schedule: 'exit_scheduled', finalise: 'finalised', cancel: 'cancelled', fail: 'failed_reversed' },
    exit_scheduled: { unbond: 'unbonding', finalise: 'finalised' },
    unbonding: { finalise: 'finalised' },
    finalised: { settle: 'settled' },
    settled: {},
    rejected: {},
    cancelled: {},
    failed_reversed: {},
  },
});
