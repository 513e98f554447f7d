import { machine, move, ok, refuse, type Result } from '#kernel';

/**
 * Money that arrived with no client to credit. One person proposes whose it is, another approves: `attributed` to a client (and then cleared
 * as any deposit), to a pool, or to what bears and makes good its losses, or `returning` to where it came from. What cannot be returned is `open` again.
 */
export const unattributedMachine = machine({
  name: 'unattributed',
  initial: 'open',
  terminal: ['attributed', 'returned'],
  transitions: {
    open: { propose: 'proposed' },
    proposed: { deny: 'open', attribute: 'attributed', send_back: 'returning' },
    returning: { settle: 'returned', fail: 'open' },
    attributed: {},
    returned: {},
  },
} as const);

export type UnattributedState = keyof typeof unattributedMachine.transitions;
export type UnattributedEvent = 'propose' | 'deny' | 'attribute' | 'send_back' | 'settle' | 'fail';

export const moveUnattributed = (state: UnattributedState, event: UnattributedEvent): Result<UnattributedState> =>
  move<UnattributedState, UnattributedEvent>(unattributedMachine, state, event);

/**
 * How it was found. transfer: a plain transfer · credit: paid by the protocol for a validator that is not ours · priority_fees: paid by a
 * block · balance: no transaction shows it (a contract's internal call), the address simply holds more · earlier: booked before this
 * register was kept.
 */
export const causes = ['transfer', 'credit', 'priority_fees', 'balance', 'earlier'] as const;
export type Cause = (typeof causes)[number];

export const destinations = [
  'client',
  'pool',
  'sender',
  'recovery',
  'operator_bond',
  'cover_fund',
  'first_loss',
  'instant_buffer',
] as const;
export type Destination = (typeof destinations)[number];

/**
 * recovery: recovered for a pool, for those who held at a loss · operator_bond, cover_fund, first_loss: given irrevocably to bear losses, of the
 * operator's validators or of all on the chain · instant_buffer: given irrevocably to pay a pool's instant exits from.
 */
export type Proposal =
  | { readonly to: 'client'; readonly clientId: string; readonly sender: string; readonly transactionHash: string; readonly reason: string }
  | { readonly to: 'pool'; readonly poolId: string; readonly reason: string }
  | { readonly to: 'sender'; readonly address: string; readonly reason: string }
  | { readonly to: 'recovery' | 'instant_buffer'; readonly poolId: string; readonly reason: string }
  | { readonly to: 'operator_bond'; readonly operatorId: string; readonly reason: string }
  | { readonly to: 'cover_fund' | 'first_loss'; readonly reason: string };

/** What was asked for, as far as it was said. Addresses and hashes in lower-case hex. */
export interface Wish {
  readonly to: Destination;
  readonly reason: string;
  readonly clientId?: string | undefined;
  readonly poolId?: string | undefined;
  readonly operatorId?: string | undefined;
  readonly sender?: string | undefined;
  readonly transactionHash?: string | undefined;
}

/**
 * Completes a wish from what is known of the arrival. Where a transfer shows who sent it, nobody may say otherwise. Refusals:
 * unattributed.incomplete, unattributed.evidence_missing, unattributed.evidence_differs.
 */
export function proposalOf(item: { sender: string | null; transactionHash: string | null }, wish: Wish): Result<Proposal> {
  const { reason, to } = wish;
  if (to === 'pool' || to === 'recovery' || to === 'instant_buffer')
    return wish.poolId === undefined ? incomplete('pool_id') : ok({ to, poolId: wish.poolId, reason });
  if (to === 'operator_bond')
    return wish.operatorId === undefined ? incomplete('operator_id') : ok({ to, operatorId: wish.operatorId, reason });
  if (to === 'cover_fund' || to === 'first_loss') return ok({ to, reason });
  const differs = (known: string | null, said: string | undefined): boolean => known !== null && said !== undefined && said !== known;
  if (differs(item.sender, wish.sender) || differs(item.transactionHash, wish.transactionHash))
    return refuse('unattributed.evidence_differs', 'The chain says who sent this and by which transaction.');
  const [sender, transactionHash] = [item.sender ?? wish.sender, item.transactionHash ?? wish.transactionHash];
  if (sender === undefined)
    return refuse('unattributed.evidence_missing', 'No transfer shows who sent this: say the sender, as found on the chain.');
  if (to === 'sender') return ok({ to: 'sender', address: sender, reason });
  if (wish.clientId === undefined) return incomplete('client_id');
  if (transactionHash === undefined)
    return refuse('unattributed.evidence_missing', 'No transfer shows this: say the transaction in which it happened.');
  return ok({ to: 'client', clientId: wish.clientId, sender, transactionHash, reason });
}

const incomplete = (field: string): Result<never> => refuse('unattributed.incomplete', `The proposal lacks ${field}.`, { field });

/** Refusal: unattributed.maker_is_checker. */
export const mayDecide = (proposedBy: string | null, staffId: string): Result<null> =>
  proposedBy === staffId ? refuse('unattributed.maker_is_checker', 'Who proposed it can neither approve nor deny it.') : ok(null);
