import { isTerminal, machine, move, type Result } from '#kernel';
import { stakingPurposes, type Purpose } from '#messages';

/**
 * A transaction of ours, from the wish to the finalised block. A `waiting_*` state names what it waits for; `signing` means that its
 * bytes are fixed, its gas is set aside and the signer has been asked. Only the follower finalises. `supplanted`: its nonce is used for
 * ever by a transaction that is not ours, so it can never land; people look into it before anything is given back.
 */
export const transactionMachine = machine({
  name: 'transaction',
  initial: 'requested',
  terminal: ['finalised', 'reverted', 'refused'],
  transitions: {
    requested: {
      wait_funds: 'waiting_funds',
      wait_gas: 'waiting_gas',
      wait_hold: 'waiting_hold',
      wait_chain: 'waiting_chain',
      ask: 'signing',
      refuse: 'refused',
    },
    waiting_funds: { wait_gas: 'waiting_gas', wait_hold: 'waiting_hold', wait_chain: 'waiting_chain', ask: 'signing', refuse: 'refused' },
    waiting_gas: { wait_funds: 'waiting_funds', wait_hold: 'waiting_hold', wait_chain: 'waiting_chain', ask: 'signing', refuse: 'refused' },
    waiting_hold: { wait_funds: 'waiting_funds', wait_gas: 'waiting_gas', wait_chain: 'waiting_chain', ask: 'signing', refuse: 'refused' },
    waiting_chain: { wait_funds: 'waiting_funds', wait_gas: 'waiting_gas', wait_hold: 'waiting_hold', ask: 'signing', refuse: 'refused' },
    signing: { sign: 'signed', refuse: 'refused' },
    signed: { broadcast: 'broadcast', include: 'included', supplant: 'supplanted', finalise: 'finalised', revert: 'reverted' },
    broadcast: { include: 'included', supplant: 'supplanted', finalise: 'finalised', revert: 'reverted' },
    included: { displace: 'broadcast', supplant: 'supplanted', finalise: 'finalised', revert: 'reverted' },
    supplanted: { refuse: 'refused', finalise: 'finalised', revert: 'reverted' },
    finalised: {},
    reverted: {},
    refused: {},
  },
} as const);

export type TransactionState = keyof typeof transactionMachine.transitions;
export type TransactionEvent =
  | 'wait_funds'
  | 'wait_gas'
  | 'wait_hold'
  | 'wait_chain'
  | 'ask'
  | 'sign'
  | 'refuse'
  | 'broadcast'
  | 'include'
  | 'displace'
  | 'supplant'
  | 'finalise'
  | 'revert';

export const moveTransaction = (state: TransactionState, event: TransactionEvent): Result<TransactionState> =>
  move<TransactionState, TransactionEvent>(transactionMachine, state, event);

/** Not yet built: nothing is fixed, it may still change its mind about funds and gas. */
export const unbuiltStates = [
  'requested',
  'waiting_funds',
  'waiting_gas',
  'waiting_hold',
  'waiting_chain',
] as const satisfies readonly TransactionState[];
/** Bytes exist or may exist: its value and worst cost are spoken for, its gas is reserved. */
export const committedStates = ['signing', 'signed', 'broadcast', 'included', 'supplanted'] as const satisfies readonly TransactionState[];
/** Signed bytes are stored and the chain may take them at any time. */
export const launchedStates = ['signed', 'broadcast', 'included'] as const satisfies readonly TransactionState[];

export const isLaunched = (state: TransactionState): boolean => (launchedStates as readonly TransactionState[]).includes(state);
export const isUnbuilt = (state: TransactionState): boolean => (unbuiltStates as readonly TransactionState[]).includes(state);

/** Where each kind of waiting rests. */
export const waitingStates = {
  wait_funds: 'waiting_funds',
  wait_gas: 'waiting_gas',
  wait_hold: 'waiting_hold',
  wait_chain: 'waiting_chain',
} as const satisfies Partial<Record<TransactionEvent, TransactionState>>;
export type Wait = keyof typeof waitingStates;

export const isOpen = (state: TransactionState): boolean => !isTerminal<TransactionState, TransactionEvent>(transactionMachine, state);

/** Purposes that staking asks for, by a request id of its own; it hears of each step. */
export const requestedByStaking = (purpose: Purpose): boolean => (stakingPurposes as readonly Purpose[]).includes(purpose);

/** Only the treasury's own transactions pay their gas with house money; all others draw on the gas float. */
export const paidByHouse = (purpose: Purpose): boolean => purpose === 'gas_top_up';

/** Feeding a vault must not queue behind the withdrawal that waits for that vault's exit. */
export const overtakes = (purpose: Purpose): boolean => purpose === 'gas_feed';

/** Requests to the protocol's own contracts (EIP-7002, EIP-7251), sent by the vault that the validator pays out to. */
export const protocolRequests = [
  'exit_request',
  'partial_withdrawal',
  'consolidation',
  'credentials_switch',
] as const satisfies readonly Purpose[];
/** Its value is the protocol's fee of the moment: a cost, and not money of a client. */
export const isProtocolRequest = (purpose: Purpose): purpose is (typeof protocolRequests)[number] =>
  (protocolRequests as readonly Purpose[]).includes(purpose);

/** What the float must set aside before anything is signed: the worst gas cost, and for a request to the protocol its fee (its value). */
export const gasToReserve = (purpose: Purpose, worstCost: bigint, value: bigint): bigint =>
  paidByHouse(purpose) ? 0n : isProtocolRequest(purpose) ? worstCost + value : worstCost;
