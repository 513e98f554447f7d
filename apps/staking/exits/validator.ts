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

/** A leaver whose nominal is fixed, in the order of acceptance. */
export interface Leaver {
  readonly orderId: string;
  readonly nominal: Amount;
}
export interface Source {
  readonly pubkey: string;
  readonly principal: Amount;
  readonly booked: Amount;
}
export interface Cover {
  /** Validators that must leave, oldest first. */
  readonly exits: readonly string[];
  /** For each leaver that waits for a validator: the last one it needs. */
  readonly covered: readonly { readonly orderId: string; readonly pubkey: string }[];
}

/**
 * Covers the queue: first the buffer, then what is leaving already, then whole validators, oldest first. Nothing more leaves than the queue
 * needs. Leavers beyond what can leave now wait.
 */
export function cover(buffer: Amount, leavers: readonly Leaver[], leaving: readonly Source[], eligible: readonly Source[]): Cover {
  const sources = [...leaving.map((source) => ({ ...source, fresh: false })), ...eligible.map((source) => ({ ...source, fresh: true }))];
  const exits: string[] = [];
  const covered: { orderId: string; pubkey: string }[] = [];
  let reach: bigint = buffer;
  let needed = 0n;
  let last: string | null = null;
  for (const leaver of leavers) {
    needed += leaver.nominal;
    while (reach < needed) {
      const source = sources.shift();
      if (!source) return { exits, covered };
      reach += smaller(source.principal, source.booked);
      last = source.pubkey;
      if (source.fresh) exits.push(source.pubkey);
    }
    if (last !== null) covered.push({ orderId: leaver.orderId, pubkey: last });
  }
  return { exits, covered };
}
