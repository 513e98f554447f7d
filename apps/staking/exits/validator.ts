import { machine, smaller, type Amount, type Machine } from '#kernel';

export const validatorStates = ['active', 'exit_requested', 'exit_refused', 'exit_sent', 'exiting', 'slashed', 'withdrawn'] as const;
export type ValidatorState = (typeof validatorStates)[number];
export type ValidatorEvent = 'request_exit' | 'refuse' | 'send' | 'confirm' | 'slash' | 'empty';

/**
 * A validator of ours from activation to its last withdrawal. An exit request may be refused before signing, revert, or be dropped in
 * silence by the consensus layer (chains.md §1.4): then it is asked for again. The protocol may also exit a validator by itself. A slashed
 * one leaves too, weeks later and with less each time somebody else is slashed: its losses come by reports, what is left of it at its end.
 */
export const validatorMachine: Machine<ValidatorState, ValidatorEvent> = machine({
  name: 'validator',
  initial: 'active',
  terminal: ['withdrawn'],
  transitions: {
    active: { request_exit: 'exit_requested', confirm: 'exiting', slash: 'slashed', empty: 'withdrawn' },
    exit_requested: { refuse: 'exit_refused', send: 'exit_sent', confirm: 'exiting', slash: 'slashed', empty: 'withdrawn' },
    exit_refused: { request_exit: 'exit_requested', confirm: 'exiting', slash: 'slashed', empty: 'withdrawn' },
    exit_sent: { refuse: 'exit_refused', confirm: 'exiting', slash: 'slashed', empty: 'withdrawn' },
    exiting: { slash: 'slashed', empty: 'withdrawn' },
    slashed: { empty: 'withdrawn' },
    withdrawn: {},
  },
});

/**
 * It is to leave, and the protocol does not hear of it yet: it must have been active for SHARD_COMMITTEE_PERIOD epochs before. `grownUp`: the
 * last activation epoch of which that is true.
 */
export const mustGrowUp = (validator: { readonly state: ValidatorState; readonly activationEpoch: bigint }, grownUp: bigint): boolean =>
  (validator.state === 'exit_requested' || validator.state === 'exit_refused') && validator.activationEpoch > grownUp;

export interface Source {
  readonly pubkey: string;
  readonly principal: Amount;
  readonly booked: Amount;
}
export interface Cover {
  /** Validators that must leave, in the order given. */
  readonly exits: readonly string[];
  /** Sources beyond the buffer that the queue needs, in order, and how much of it is paid with each and all before it. */
  readonly used: readonly { readonly pubkey: string; readonly reach: bigint }[];
}

/**
 * Covers what the queue needs: first the buffer, then what is leaving already, then whole validators in the order given, and `late` ones, which
 * are to leave but cannot yet, only where nobody else pays earlier. Nothing more leaves than the queue needs. What is beyond what can leave
 * now waits.
 */
export function cover(
  buffer: Amount,
  needed: bigint,
  leaving: readonly Source[],
  eligible: readonly Source[],
  late: readonly Source[] = [],
): Cover {
  const of = (list: readonly Source[], fresh: boolean) => list.map((source) => ({ ...source, fresh }));
  const sources = [...of(leaving, false), ...of(eligible, true), ...of(late, false)];
  const exits: string[] = [];
  const used: { pubkey: string; reach: bigint }[] = [];
  let reach: bigint = buffer;
  for (const source of sources) {
    if (reach >= needed) break;
    reach += smaller(source.principal, source.booked);
    used.push({ pubkey: source.pubkey, reach });
    if (source.fresh) exits.push(source.pubkey);
  }
  return { exits, used };
}
