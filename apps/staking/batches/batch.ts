import { amount, machine, smaller, type Amount, type Machine } from '#kernel';

/** What one validator takes: 32 ETH (chains.md §1.2; 0x01 credentials). */
export const BATCH = amount(32n * 10n ** 18n);

export const batchStates = [
  'allocated',
  'key_requested',
  'data_signed',
  'requested',
  'signed',
  'deposited',
  'active',
  'compromised',
  'dissolved',
  'failed',
] as const;
export type BatchState = (typeof batchStates)[number];
export type BatchEvent =
  | 'request_key'
  | 'refuse_key'
  | 'receive_data'
  | 'request'
  | 'refuse'
  | 'sign'
  | 'finalise'
  | 'activate'
  | 'distrust'
  | 'revert'
  | 'dissolve';

/**
 * 32 ETH on their way into a validator. Until custody is asked it can be dissolved: its parts go back to the queue. Refused before signing,
 * it waits and asks again with the same deposit, or with another key where it was the key that was refused; reverted on chain, its parts
 * fail. `compromised`: the validator carries credentials that are not ours; people decide.
 */
export const batchMachine: Machine<BatchState, BatchEvent> = machine({
  name: 'batch',
  initial: 'allocated',
  terminal: ['active', 'compromised', 'dissolved', 'failed'],
  transitions: {
    allocated: { request_key: 'key_requested', dissolve: 'dissolved' },
    key_requested: { receive_data: 'data_signed', refuse_key: 'allocated', dissolve: 'dissolved' },
    data_signed: { request: 'requested', dissolve: 'dissolved' },
    requested: { sign: 'signed', refuse: 'data_signed' },
    signed: { finalise: 'deposited', revert: 'failed' },
    deposited: { activate: 'active', distrust: 'compromised' },
    active: {},
    compromised: {},
    dissolved: {},
    failed: {},
  },
});

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

/** What the next batch takes, first in, first out; or null while there is too little for a validator. */
export function allocate(waiting: readonly Waiting[], free: Amount): Allocation | null {
  const fill = smaller(free, BATCH);
  const parts: { orderId: string; amount: Amount }[] = [];
  let open = BATCH - fill;
  for (const order of waiting) {
    if (open === 0n) break;
    const taken = amount(smaller<bigint>(order.unallocated, open));
    if (taken === 0n) continue;
    parts.push({ orderId: order.orderId, amount: taken });
    open -= taken;
  }
  return open === 0n ? { fill, parts } : null;
}

/** How much must still come before the next validator is full. */
export const missingFor = (queued: bigint, free: bigint): Amount => {
  const there = queued + free;
  return amount(there >= BATCH ? 0n : BATCH - there);
};
