import { amount, invariant, machine, move, type Amount, type Machine } from '#kernel';

export const stakeStates = [
  'received',
  'under_review',
  'accepted',
  'queued',
  'submitted',
  'activating',
  'active',
  'rejected',
  'cancelled',
  'expired',
  'failed_reversed',
] as const;
export type StakeState = (typeof stakeStates)[number];
export type StakeEvent =
  'review' | 'accept' | 'reject' | 'expire' | 'queue' | 'submit' | 'activate' | 'mint' | 'cancel' | 'fail' | 'requeue';

/**
 * An order to stake. From `queued` on its state is that of its least advanced part, so it may skip a state when the part that lagged
 * behind is cancelled or fails, and goes back to `queued` when the rest of a deposit that somebody else got ahead of queues again.
 */
export const stakeMachine: Machine<StakeState, StakeEvent> = machine({
  name: 'stake',
  initial: 'received',
  terminal: ['active', 'rejected', 'cancelled', 'expired', 'failed_reversed'],
  transitions: {
    received: { review: 'under_review', accept: 'accepted', reject: 'rejected' },
    under_review: { accept: 'accepted', reject: 'rejected', expire: 'expired' },
    accepted: { queue: 'queued' },
    queued: { submit: 'submitted', activate: 'activating', mint: 'active', cancel: 'cancelled', fail: 'failed_reversed' },
    submitted: { activate: 'activating', mint: 'active', fail: 'failed_reversed', requeue: 'queued' },
    activating: { mint: 'active', fail: 'failed_reversed' },
    active: {},
    rejected: {},
    cancelled: {},
    expired: {},
    failed_reversed: {},
  },
});

export const partStates = ['allocated', 'submitted', 'activating', 'minted', 'returned', 'failed', 'frozen'] as const;
export type PartState = (typeof partStates)[number];
export type PartEvent = 'submit' | 'activate' | 'mint' | 'return' | 'fail' | 'freeze' | 'recall' | 'refund';

/** What of an order stands in one batch. `frozen`: it went to a key that is not ours, until people have it refunded. */
export const partMachine: Machine<PartState, PartEvent> = machine({
  name: 'part',
  initial: 'allocated',
  terminal: ['minted', 'returned', 'failed'],
  transitions: {
    allocated: { submit: 'submitted', return: 'returned' },
    submitted: { activate: 'activating', fail: 'failed', freeze: 'frozen', recall: 'returned' },
    activating: { mint: 'minted', refund: 'failed' },
    minted: {},
    returned: {},
    failed: {},
    frozen: { refund: 'failed' },
  },
});

/** How a stake's money is spread. unallocated + cancelled + parts (but the returned ones) = what was accepted. */
export interface Spread {
  readonly unallocated: Amount;
  readonly cancelled: Amount;
  readonly parts: readonly { readonly state: PartState; readonly amount: Amount }[];
}

/** The event that brings an order's state to that of its least advanced part; null when it is there. */
export function follow(state: StakeState, spread: Spread): StakeEvent | null {
  const target = leastAdvanced(spread);
  if (target === state) return null;
  const events = ['submit', 'activate', 'mint', 'cancel', 'fail', 'requeue'] as const;
  const event = events.find((e) => {
    const next = move(stakeMachine, state, e);
    return next.ok && next.value === target;
  });
  invariant(event !== undefined, 'stake.state_lost', { state, target });
  return event;
}

function leastAdvanced({ unallocated, cancelled, parts }: Spread): StakeState {
  const has = (state: PartState): boolean => parts.some((part) => part.state === state);
  if (unallocated > 0n || has('allocated')) return 'queued';
  if (has('submitted') || has('frozen')) return 'submitted';
  if (has('activating')) return 'activating';
  if (has('minted')) return 'active';
  // what failed had left the queue: from there an order cannot be cancelled any more, whatever was cancelled of it before
  return cancelled > 0n && !has('failed') ? 'cancelled' : 'failed_reversed';
}

/** What a client can still take back: what is in no batch, or in one for which nothing was asked of custody yet. */
export function cancellableOf<P extends Spread['parts'][number]>(
  spread: Omit<Spread, 'parts'> & { readonly parts: readonly P[] },
  mayDissolve: (part: P) => boolean,
): Amount {
  const parts = spread.parts.filter((part) => part.state === 'allocated' && mayDissolve(part));
  return amount(parts.reduce<bigint>((sum, part) => sum + part.amount, spread.unallocated));
}
