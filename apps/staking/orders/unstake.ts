import { machine, type Machine } from '#kernel';

export const unstakeStates = [
  'received',
  'under_review',
  'accepted',
  'exit_scheduled',
  'unbonding',
  'finalised',
  'settled',
  'instant_settled',
  'rejected',
  'cancelled',
  'failed_reversed',
] as const;
export type UnstakeState = (typeof unstakeStates)[number];
export type UnstakeEvent =
  'review' | 'accept' | 'reject' | 'schedule' | 'unbond' | 'finalise' | 'settle' | 'pay_at_once' | 'cancel' | 'fail';

/**
 * An order to leave. What the pool's buffer covers is paid by the next report without a validator leaving for it; an instant one is paid as it is
 * accepted, and the instant buffer waits in its place.
 */
export const unstakeMachine: Machine<UnstakeState, UnstakeEvent> = machine({
  name: 'unstake',
  initial: 'received',
  terminal: ['settled', 'instant_settled', 'rejected', 'cancelled', 'failed_reversed'],
  transitions: {
    received: { review: 'under_review', accept: 'accepted', reject: 'rejected' },
    under_review: { accept: 'accepted', reject: 'rejected' },
    accepted: {
      schedule: 'exit_scheduled',
      finalise: 'finalised',
      pay_at_once: 'instant_settled',
      cancel: 'cancelled',
      fail: 'failed_reversed',
    },
    exit_scheduled: { unbond: 'unbonding', finalise: 'finalised' },
    unbonding: { finalise: 'finalised' },
    finalised: { settle: 'settled' },
    settled: {},
    instant_settled: {},
    rejected: {},
    cancelled: {},
    failed_reversed: {},
  },
});
