import { add, ZERO } from '#kernel';
import type { ValidatorView } from '../../port.js';
import type { Network } from '../node/network.js';
import { askedFor, readPendingDeposits, readPendingPartials, type PendingDeposit, type PendingPartial } from './queues.js';
import { finalisedState, headState, readValidators, type ValidatorRecord } from './state.js';

interface Queues {
  readonly deposits: readonly PendingDeposit[];
  readonly partials: readonly PendingPartial[];
}

/** Each asked key in the order asked: what the registry and the queues of one state say about it. */
export async function viewValidators(
  network: Network,
  pubkeys: readonly string[],
  at: 'finalised' | 'head',
): Promise<{ slot: bigint; validators: ValidatorView[] }> {
  await network.facts();
  const state = await (at === 'finalised' ? finalisedState(network) : headState(network));
  if (pubkeys.length === 0) return { slot: state.slot, validators: [] };
  const [records, deposits, partials] = await Promise.all([
    readValidators(network, state, pubkeys),
    readPendingDeposits(network, state),
    readPendingPartials(network, state),
  ]);
  const byKey = new Map<string, ValidatorRecord>(records.map((record) => [record.pubkey, record]));
  return { slot: state.slot, validators: pubkeys.map((pubkey) => view(pubkey, byKey.get(pubkey), { deposits, partials })) };
}

function view(pubkey: string, record: ValidatorRecord | undefined, { deposits, partials }: Queues): ValidatorView {
  const waiting = deposits.filter((entry) => entry.pubkey === pubkey);
  const queued = add(ZERO, ...waiting.map((entry) => entry.amount));
  if (record) return { ...record, queued, pendingPartials: askedFor(partials, record.index) };
  return {
    pubkey,
    index: null,
    status: waiting.length > 0 ? 'deposited' : 'unknown',
    slashed: false,
    balance: ZERO,
    effectiveBalance: ZERO,
    withdrawalCredentials: null,
    activationEpoch: null,
    exitEpoch: null,
    withdrawableEpoch: null,
    queued,
    pendingPartials: ZERO,
  };
}
