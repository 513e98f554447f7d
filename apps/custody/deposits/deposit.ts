import { machine, move, uuid5, type Result } from '#kernel';

/**
 * A deposit: `seen` in a block that may still vanish, `dropped` when it did, `suspense` once final and booked, `held` when compliance let
 * it go while a hold on the client forbids it, `credited` when it is the client's to use.
 */
export const depositMachine = machine({
  name: 'deposit',
  initial: 'seen',
  terminal: ['credited'],
  transitions: {
    seen: { finalise: 'suspense', drop: 'dropped' },
    dropped: { reappear: 'seen', finalise: 'suspense' },
    suspense: { hold: 'held', release: 'credited' },
    held: { release: 'credited' },
    credited: {},
  },
} as const);

export type DepositState = keyof typeof depositMachine.transitions;
export type DepositEvent = 'finalise' | 'drop' | 'reappear' | 'hold' | 'release';

export const moveDeposit = (state: DepositState, event: DepositEvent): Result<DepositState> =>
  move<DepositState, DepositEvent>(depositMachine, state, event);

/** One native transfer of one transaction to one address: however often a block is read, it is this deposit. */
export const depositId = (chain: string, transactionHash: string, address: string): string =>
  uuid5('deposit', chain, transactionHash, address);

/** A client cannot tell a hold from an ordinary review: both are simply not yet credited. */
export const shownState = (state: DepositState): Exclude<DepositState, 'held'> => (state === 'held' ? 'suspense' : state);
