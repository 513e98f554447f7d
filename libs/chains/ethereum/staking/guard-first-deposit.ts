import { refuse, type Refusal } from '#kernel';
import type { Network } from '../node/network.js';
import { seenInHistory, type DepositHistory } from './deposit-history.js';
import { readPendingDeposits } from './queues.js';
import { headState, readValidators } from './state.js';

/**
 * Whoever deposits first for a key fixes where it pays out, for ever; a later deposit only adds to that (chains.md §1.9). So a key that
 * the chain has seen in any way is never funded, not even where the earlier deposit was void: another key costs nothing.
 * Refusals: `deposit.key_known`, `deposit.key_queued`, `deposit.key_in_history`.
 */
export async function guardFirstDeposit(network: Network, history: DepositHistory, pubkey: string): Promise<Refusal | null> {
  await network.facts();
  const state = await headState(network);
  const [known, queue] = await Promise.all([readValidators(network, state, [pubkey]), readPendingDeposits(network, state)]);
  if (known.length > 0) return refuse('deposit.key_known', 'This key is a validator already.', { pubkey }).refusal;
  if (queue.some((entry) => entry.pubkey === pubkey)) {
    return refuse('deposit.key_queued', 'A deposit for this key waits in the queue already.', { pubkey }).refusal;
  }
  if (await seenInHistory(network, history, pubkey)) {
    return refuse('deposit.key_in_history', 'Somebody deposited for this key before.', { pubkey }).refusal;
  }
  return null;
}
