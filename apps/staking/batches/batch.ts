import { amount, larger, machine, share, smaller, subtract, ZERO, type Amount, type Machine } from '#kernel';

/** What one validator takes: 32 ETH (chains.md §1.2; 0x01 credentials). */
export const BATCH = amount(32n * 10n ** 18n);

/** What proves in step one that a new key withdraws to us (chains.md §1.9): the deposit contract's minimum. */
export const PREDEPOSIT = amount(10n ** 18n);

/** two_step: 1 ETH first, the rest when the key stands with our credentials in a finalised state. head_checks: all at once, after checks at the head. */
export type DepositProtection = 'two_step' | 'head_checks';
/** validator: a new one. top_up: more for one of ours. netting: nothing goes on chain; it paid those who left. */
export type BatchKind = 'validator' | 'top_up' | 'netting';

export const batchStates = [
  'allocated',
  'key_requested',
  'data_signed',
  'requested',
  'signed',
  'predeposited',
  'proven',
  'rest_data_requested',
  'rest_data_signed',
  'rest_requested',
  'rest_signed',
  'deposited',
  'active',
  'compromised',
  'written_off',
  'dissolved',
  'failed',
] as const;
export type BatchState = (typeof batchStates)[number];
/** Nothing of it is on its way any more, or nobody knows where. The list of the index batch_open. */
export const closedStates = ['active', 'compromised', 'written_off', 'dissolved', 'failed'] as const satisfies readonly BatchState[];
export type OpenState = Exclude<BatchState, (typeof closedStates)[number]>;
export type BatchEvent =
  | 'request_key'
  | 'refuse_key'
  | 'receive_data'
  | 'request'
  | 'refuse'
  | 'sign'
  | 'finalise'
  | 'predeposit'
  | 'prove'
  | 'activate'
  | 'distrust'
  | 'write_off'
  | 'revert'
  | 'dissolve';

/**
 * Money on its way into a validator. Until custody is asked it can be dissolved: its parts go back to the queue. Refused before signing,
 * it waits and asks again with the same deposit, or with another key where it was the key that was refused; reverted on chain, its parts
 * fail. In two steps the 1 ETH goes that way first; from `proven` on the key is known to be ours, and the rest is asked for until it is
 * there: credentials never change again, and what reverts is asked for once more, from a
 * new deposit message on, as the signer funds each once. `compromised`: the validator carries credentials that are not ours; two
 * people write it off.
 */
export const batchMachine: Machine<BatchState, BatchEvent> = machine({
  name: 'batch',
  initial: 'allocated',
  terminal: ['active', 'written_off', 'dissolved', 'failed'],
  transitions: {
    allocated: { request_key: 'key_requested', dissolve: 'dissolved' },
    key_requested: { receive_data: 'data_signed', refuse_key: 'allocated', dissolve: 'dissolved' },
    data_signed: { request: 'requested', dissolve: 'dissolved' },
    requested: { sign: 'signed', refuse: 'data_signed' },
    signed: { finalise: 'deposited', predeposit: 'predeposited', revert: 'failed' },
    predeposited: { prove: 'proven', distrust: 'compromised' },
    proven: { request_key: 'rest_data_requested' },
    rest_data_requested: { receive_data: 'rest_data_signed', refuse_key: 'proven' },
    rest_data_signed: { request: 'rest_requested', refuse_key: 'proven' },
    rest_requested: { sign: 'rest_signed', refuse: 'rest_data_signed' },
    rest_signed: { finalise: 'deposited', revert: 'proven' },
    deposited: { activate: 'active', distrust: 'compromised' },
    active: {},
    compromised: { write_off: 'written_off' },
    written_off: {},
    dissolved: {},
    failed: {},
  },
});

/** A deposit of a batch: the first one, or the rest after the key was proven. */
export type Step = 'first' | 'rest';
export interface Stepped {
  readonly kind: BatchKind;
  readonly protection: DepositProtection;
  readonly amount: Amount;
}
export const inTwoSteps = (batch: Stepped): boolean => batch.kind === 'validator' && batch.protection === 'two_step';
export const amountOf = (batch: Stepped, step: Step): Amount => {
  if (!inTwoSteps(batch)) return batch.amount;
  return step === 'first' ? PREDEPOSIT : subtract(batch.amount, PREDEPOSIT);
};

/** What of each piece of a batch goes with the first deposit: in proportion, so that a loss of it is borne by all who are in it. */
export function splitFirst<T extends { readonly amount: Amount }>(
  pieces: readonly T[],
  first: Amount,
): (T & { readonly first: Amount; readonly rest: Amount })[] {
  const parts = share(
    first,
    pieces.map((piece) => piece.amount),
  );
  return pieces.map((piece, i) => ({ ...piece, first: parts[i] ?? ZERO, rest: subtract(piece.amount, parts[i] ?? ZERO) }));
}

/** Nothing was asked of custody yet. */
export const isDissolvable = (state: BatchState): boolean => batchMachine.transitions[state].dissolve !== undefined;

/** Refusals of the signer that hold for this key for ever; what else it refuses may be otherwise later. */
const ofTheKey = new Set(['signature.deposit_already_signed', 'signature.deposit_altered', 'signature.validator_key_unknown']);
export const isOfTheKey = (code: string): boolean => ofTheKey.has(code);

/** A stake with money in no batch, in the order of acceptance. */
export interface Waiting {
  readonly orderId: string;
  readonly unallocated: Amount;
}
export interface Allocation {
  /** The pool's own money goes first: it earns nothing while it waits. */
  readonly fill: Amount;
  readonly parts: readonly { readonly orderId: string; readonly amount: Amount }[];
}

/** What the next batch takes, first in, first out; or null while there is too little for it. */
export function allocate(waiting: readonly Waiting[], free: Amount, units = BATCH): Allocation | null {
  const fill = smaller(free, units);
  const parts: { orderId: string; amount: Amount }[] = [];
  let open = units - fill;
  for (const order of waiting) {
    if (open === 0n) break;
    const taken = amount(smaller<bigint>(order.unallocated, open));
    if (taken === 0n) continue;
    parts.push({ orderId: order.orderId, amount: taken });
    open -= taken;
  }
  return open === 0n ? { fill, parts } : null;
}

/** More than this counts for nothing (EIP-7251), and the guard refuses it. */
const MAXIMUM = 2048n * 10n ** 18n;

/** A compounding validator that may be topped up. */
export interface Room {
  readonly pubkey: string;
  readonly principal: Amount;
  /** With what it earned since: that takes room as well. */
  readonly booked: Amount;
}
/** How much a top-up of one of these may be, at most. */
export const roomOf = (rooms: readonly Room[], target: Amount): Amount =>
  rooms.reduce((most, { principal, booked }) => larger(most, amount(larger(smaller(target - principal, MAXIMUM - booked), 0n))), ZERO);

/** A top-up is whole ETH: effective balances count in steps of one (EIP-7251). The oldest validator that has room is filled first. */
export function topUpFor(
  rooms: readonly Room[],
  target: Amount,
  there: bigint,
): { readonly pubkey: string; readonly amount: Amount } | null {
  for (const { pubkey, principal, booked } of rooms) {
    const units = smaller<bigint>(smaller<bigint>(target - principal, MAXIMUM - booked), there);
    if (units >= PREDEPOSIT) return { pubkey, amount: amount(units - (units % PREDEPOSIT)) };
  }
  return null;
}

/** How much must still come before the next validator is full. */
export const missingFor = (queued: bigint, free: bigint): Amount => {
  const there = queued + free;
  return amount(there >= BATCH ? 0n : BATCH - there);
};
