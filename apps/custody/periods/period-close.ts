import { machine, move, ok, refuse, type Result } from '#kernel';

/** The closing of a period of the books: asked for by one, done by another. */
export const periodCloseMachine = machine({
  name: 'period',
  initial: 'requested',
  terminal: ['closed', 'denied'],
  transitions: {
    requested: { approve: 'closed', deny: 'denied' },
    closed: {},
    denied: {},
  },
} as const);

export type PeriodCloseState = keyof typeof periodCloseMachine.transitions;
export type PeriodCloseEvent = 'approve' | 'deny';

export const movePeriodClose = (state: PeriodCloseState, event: PeriodCloseEvent): Result<PeriodCloseState> =>
  move<PeriodCloseState, PeriodCloseEvent>(periodCloseMachine, state, event);

/** Refusals: period.forbidden_move, period.maker_is_checker. */
export function mayDecide(state: PeriodCloseState, proposedBy: string, staffId: string, event: PeriodCloseEvent): Result<PeriodCloseState> {
  const moved = movePeriodClose(state, event);
  if (!moved.ok) return moved;
  return proposedBy === staffId ? refuse('period.maker_is_checker', 'Who asked for it can neither approve nor deny it.') : ok(moved.value);
}
