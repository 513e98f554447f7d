import { machine, move, ok, refuse, type Result } from '#kernel';

/** A client's own address outside: on the list until it is taken off. */
export const destinationMachine = machine({
  name: 'destination',
  initial: 'listed',
  terminal: ['removed'],
  transitions: { listed: { remove: 'removed' }, removed: {} },
} as const);

export type DestinationState = keyof typeof destinationMachine.transitions;

export const moveDestination = (state: DestinationState, event: 'remove'): Result<DestinationState> =>
  move<DestinationState, 'remove'>(destinationMachine, state, event);

/** Whether money may go there now. Refusal: withdrawal.destination_not_allowed (off the list, or still cooling down). */
export function mayReceive(destination: { state: DestinationState; usableAt: Date } | null, now: Date): Result<null> {
  if (destination === null || destination.state !== 'listed') {
    return refuse('withdrawal.destination_not_allowed', 'The destination is not on your address book.');
  }
  if (destination.usableAt > now) {
    return refuse('withdrawal.destination_not_allowed', 'The destination was added too recently.', {
      usable_at: destination.usableAt.toISOString(),
    });
  }
  return ok(null);
}
