import { ok, refuse, type Result } from './result.js';

/**
 * A state machine as data: for each state, the events it accepts and where they lead. A state without events is terminal.
 * `libs/testing/describe-machine` proves every machine: all states reachable, terminals declared, no unlisted move.
 */
export interface Machine<S extends string, E extends string> {
  readonly name: string;
  readonly initial: S;
  readonly terminal: readonly S[];
  readonly transitions: Readonly<Record<S, Partial<Readonly<Record<E, S>>>>>;
}

export const machine = <S extends string, E extends string>(definition: Machine<S, E>): Machine<S, E> => definition;

/** The next state, or the refusal `<machine>.forbidden_move`. Total: every (state, event) has an answer. */
export function move<S extends string, E extends string>(of: Machine<S, E>, state: S, event: E): Result<S> {
  const next = of.transitions[state][event];
  return next === undefined
    ? refuse(`${of.name}.forbidden_move`, `In state ${state} the move ${event} is not possible.`, { state, event })
    : ok(next);
}

export const isTerminal = <S extends string, E extends string>(of: Machine<S, E>, state: S): boolean => of.terminal.includes(state);
