import { add, ZERO } from '#kernel';
import type { ValidatorView } from '../../port.js';
import type { Network } from '../node/network.js';
import { finalisedState, headState, readPendingDeposits, readValidators, type PendingDeposit, type ValidatorRecord } from './state.js';

/** Each asked key in the order asked: what the registry and the deposit queue of one state say about it. */
export async function viewValidators(
  network: Network,
  pubkeys: readonly string[],
  at: 'finalised' | 'head',
): Promise<{ slot: bigint; validators: ValidatorView[] }> {
  await network.facts();
  const state = await (at === 'finalised' ? finalisedState(network) : headState(network));
  if (pubkeys.length === 0) return { slot: state.slot, validators: [] };
  const [records, queue] = await Promise.all([readValidators(network, state, pubkeys), readPendingDeposits(network, state)]);
  const byKey = new Map<string, ValidatorRecord>(records.map((record) => [record.pubkey, record]));
  return { slot: state.slot, validators: pubkeys.map((pubkey) => view(pubkey, byKey.get(pubkey), queue)) };
}

function view(pubkey: string, record: ValidatorRecord | undefined, queue: readonly PendingDeposit[]): ValidatorView {
  const waiting = queue.filter((entry) => entry.pubkey === pubkey);
  const queued = add(ZERO, ...waiting.map((entry) => entry.amount));
  if (record) return { ...record, queued };
  return {
    pubkey,
    index: null,
    status: waiting.length > 0 ? 'deposited' : 'unknown',
    slashed: false,
    balance: ZERO,
    withdrawalCredentials: null,
    activationEpoch: null,
    exitEpoch: null,
    withdrawableEpoch: null,
    queued,
  };
}
