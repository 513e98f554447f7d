import type { Hex } from 'viem';
import { add, ZERO, type Amount } from '#kernel';
import { agreed } from '../node/agreement.js';
import type { Answer } from '../node/answer.js';
import type { Network } from '../node/network.js';
import { fromGwei } from '../units.js';
import { ofState, type StateRef } from './state.js';

export interface PendingDeposit {
  readonly pubkey: Hex;
  readonly withdrawalCredentials: Hex;
  readonly amount: Amount;
  readonly signature: Hex;
  /** Of the block that brought it; 0 for what the protocol itself put into the queue. */
  readonly slot: bigint;
}
export interface PendingPartial {
  readonly validatorIndex: bigint;
  readonly amount: Amount;
  readonly withdrawableEpoch: bigint;
}
export interface PendingConsolidation {
  readonly sourceIndex: bigint;
  readonly targetIndex: bigint;
}

const G2_INFINITY: Hex = `0xc0${'00'.repeat(95)}`;

/**
 * Whether the protocol put it there itself: what a validator held above 32 ETH when it became compounding waits in the queue with slot 0
 * and no signature (electra: queue_excess_active_balance). Deposits of people have the slot of their block.
 */
export const isRequeued = (deposit: PendingDeposit): boolean => deposit.slot === 0n && deposit.signature === G2_INFINITY;

/** The deposit queue, in order (EIP-6110). */
export const readPendingDeposits = (network: Network, state: StateRef): Promise<PendingDeposit[]> =>
  readQueue(network, state, 'pending_deposits', (entry) => ({
    pubkey: entry.field('pubkey').hex(48),
    withdrawalCredentials: entry.field('withdrawal_credentials').hex(32),
    amount: fromGwei(entry.field('amount').decimal()),
    signature: entry.field('signature').hex(96),
    slot: entry.field('slot').decimal(),
  }));

/** Partial withdrawals that were granted and not yet paid, in order (EIP-7251). */
export const readPendingPartials = (network: Network, state: StateRef): Promise<PendingPartial[]> =>
  readQueue(network, state, 'pending_partial_withdrawals', (entry) => ({
    validatorIndex: entry.field('validator_index').decimal(),
    amount: fromGwei(entry.field('amount').decimal()),
    withdrawableEpoch: entry.field('withdrawable_epoch').decimal(),
  }));

export const readPendingConsolidations = (network: Network, state: StateRef): Promise<PendingConsolidation[]> =>
  readQueue(network, state, 'pending_consolidations', (entry) => ({
    sourceIndex: entry.field('source_index').decimal(),
    targetIndex: entry.field('target_index').decimal(),
  }));

/** What partial withdrawals of a validator wait for (get_pending_balance_to_withdraw). */
export const askedFor = (partials: readonly PendingPartial[], index: bigint): Amount =>
  add(ZERO, ...partials.filter((partial) => partial.validatorIndex === index).map((partial) => partial.amount));

function readQueue<T>(network: Network, state: StateRef, name: string, read: (entry: Answer) => T): Promise<T[]> {
  const ask = async (nodes: Network): Promise<T[]> => {
    const answer = await nodes.beacon.find(`/eth/v1/beacon/states/${state.slot}/${name}`);
    return ofState(answer, state).list().map(read);
  };
  return state.final ? agreed(network, `${name} at slot ${state.slot}`, ask) : ask(network);
}
