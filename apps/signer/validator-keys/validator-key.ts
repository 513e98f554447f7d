import { machine, move, type Result } from '#kernel';

/**
 * Where a validator key of ours stands, as far as the signer has helped it there. A funded key may get further deposits, pay out a part, and
 * take over another; it may ask to leave (or be merged into another) again and again, as the protocol may drop a request without a word.
 */
export const validatorKeyMachine = machine({
  name: 'validator_key',
  initial: 'issued',
  terminal: [],
  transitions: {
    issued: { sign_deposit: 'funded' },
    funded: { sign_top_up: 'funded', sign_request: 'funded', sign_exit: 'leaving' },
    leaving: { sign_exit: 'leaving' },
  },
} as const);

export type ValidatorKeyState = keyof typeof validatorKeyMachine.transitions;
export type ValidatorKeyEvent = 'sign_deposit' | 'sign_top_up' | 'sign_request' | 'sign_exit';

/** Refusal `validator_key.forbidden_move`. */
export const moveValidatorKey = (state: ValidatorKeyState, event: ValidatorKeyEvent): Result<ValidatorKeyState> =>
  move<ValidatorKeyState, ValidatorKeyEvent>(validatorKeyMachine, state, event);
