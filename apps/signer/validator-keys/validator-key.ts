import { machine, move, type Result } from '#kernel';

/** Where a validator key of ours stands, as far as the signer has helped it there. A key is funded once, and may ask to leave again and again. */
export const validatorKeyMachine = machine({
  name: 'validator_key',
  initial: 'issued',
  terminal: [],
  transitions: {
    issued: { sign_deposit: 'funded' },
    funded: { sign_exit: 'leaving' },
    leaving: { sign_exit: 'leaving' },
  },
} as const);

export type ValidatorKeyState = keyof typeof validatorKeyMachine.transitions;
export type ValidatorKeyEvent = 'sign_deposit' | 'sign_exit';

/** Refusal `validator_key.forbidden_move`. */
export const moveValidatorKey = (state: ValidatorKeyState, event: ValidatorKeyEvent): Result<ValidatorKeyState> =>
  move<ValidatorKeyState, ValidatorKeyEvent>(validatorKeyMachine, state, event);
