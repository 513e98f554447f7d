import type { Hex } from 'viem';
import { Fault, type Amount } from '#kernel';
import type { ValidatorStatus } from '../../port.js';
import { agreed } from '../node/agreement.js';
import type { Answer } from '../node/answer.js';
import type { Network } from '../node/network.js';
import { readCheckpoint } from '../reader/checkpoint.js';
import { fromGwei } from '../units.js';

/** One beacon state, so that everything read of it is of one moment. */
export interface StateRef {
  readonly slot: bigint;
  readonly final: boolean;
}

export interface ValidatorRecord {
  readonly index: bigint;
  readonly pubkey: Hex;
  readonly status: Exclude<ValidatorStatus, 'unknown' | 'deposited'>;
  readonly slashed: boolean;
  readonly balance: Amount;
  readonly effectiveBalance: Amount;
  readonly withdrawalCredentials: Hex;
  /** Null: not set (FAR_FUTURE_EPOCH). */
  readonly activationEpoch: bigint | null;
  readonly exitEpoch: bigint | null;
  readonly withdrawableEpoch: bigint | null;
}

const FAR_FUTURE = 2n ** 64n - 1n;
/** Longer lists of ids go in a body: a URL of 97 characters a key soon meets a server's limit. */
const IDS_IN_URL = 30;
const IDS_A_REQUEST = 1_000;

const statuses: Readonly<Record<string, ValidatorRecord['status']>> = {
  pending_initialized: 'pending',
  pending_queued: 'pending',
  active_ongoing: 'active',
  active_exiting: 'exiting',
  active_slashed: 'exiting',
  exited_unslashed: 'exited',
  exited_slashed: 'exited',
  withdrawal_possible: 'withdrawable',
  withdrawal_done: 'withdrawn',
};

export async function headState(network: Network): Promise<StateRef> {
  const header = (await network.beacon.get('/eth/v1/beacon/headers/head')).field('data').field('header').field('message');
  return { slot: header.field('slot').decimal(), final: false };
}

export const finalisedState = async (network: Network): Promise<StateRef> => ({ slot: (await readCheckpoint(network)).slot, final: true });

/** Those of the validators that exist in the state; ids are keys or indices. */
export const readValidators = (network: Network, state: StateRef, ids: readonly string[]): Promise<ValidatorRecord[]> =>
  state.final
    ? agreed(network, `validators at slot ${state.slot}`, (nodes) => askValidators(nodes, state, ids))
    : askValidators(network, state, ids);

async function askValidators(network: Network, state: StateRef, ids: readonly string[]): Promise<ValidatorRecord[]> {
  const found: ValidatorRecord[] = [];
  for (let from = 0; from < ids.length; from += IDS_A_REQUEST) {
    const some = ids.slice(from, from + IDS_A_REQUEST);
    const path = `/eth/v1/beacon/states/${state.slot}/validators`;
    const answer =
      some.length <= IDS_IN_URL
        ? await network.beacon.find(`${path}?id=${some.join(',')}`)
        : await network.beacon.post(path, { ids: some });
    found.push(...askedOnly(ofState(answer, state), some));
  }
  return found.sort((a, b) => Number(a.index - b.index)); // nodes differ in the order they answer in
}

/** Nobody else, and nobody twice. */
function askedOnly(answer: Answer, ids: readonly string[]): ValidatorRecord[] {
  const asked = new Set(ids);
  const seen = new Set<bigint>();
  return answer.list().map((entry) => {
    const record = readValidator(entry);
    if (!asked.has(record.pubkey) && !asked.has(record.index.toString())) throw entry.garbage('a validator that was asked for');
    if (seen.has(record.index)) throw entry.garbage('each validator once');
    seen.add(record.index);
    return record;
  });
}

/** Validators that have been told to leave but have not left: the exit queue. */
export async function readExiting(network: Network, state: StateRef): Promise<ValidatorRecord[]> {
  const answer = await network.beacon.find(`/eth/v1/beacon/states/${state.slot}/validators?status=active_exiting,active_slashed`);
  return ofState(answer, state).list().map(readValidator);
}

/** Slashed validators that still have a penalty before them or have not been paid out. */
export async function readSlashed(network: Network, state: StateRef): Promise<ValidatorRecord[]> {
  const path = `/eth/v1/beacon/states/${state.slot}/validators?status=active_slashed,exited_slashed`;
  return ofState(await network.beacon.find(path), state)
    .list()
    .map(readValidator);
}

/** The data of an answer about a state; a finalised state must be called so by the node. */
export function ofState(answer: Answer | null, state: StateRef): Answer {
  if (!answer) {
    throw new Fault('chain.state_missing', `The beacon node does not keep the state at slot ${state.slot}.`, true, {
      facts: { slot: state.slot.toString() },
    });
  }
  if (state.final && !answer.field('finalized').boolean())
    throw answer.field('finalized').garbage(`true at the finalised slot ${state.slot}`);
  return answer.field('data');
}

function readValidator(entry: Answer): ValidatorRecord {
  const of = entry.field('validator');
  const status = statuses[entry.field('status').text()];
  if (!status) throw entry.field('status').garbage('a validator status');
  const epoch = (name: string): bigint | null => {
    const value = of.field(name).decimal();
    return value === FAR_FUTURE ? null : value;
  };
  return {
    index: entry.field('index').decimal(),
    pubkey: of.field('pubkey').hex(48),
    status,
    slashed: of.field('slashed').boolean(),
    balance: fromGwei(entry.field('balance').decimal()),
    effectiveBalance: fromGwei(of.field('effective_balance').decimal()),
    withdrawalCredentials: of.field('withdrawal_credentials').hex(32),
    activationEpoch: epoch('activation_epoch'),
    exitEpoch: epoch('exit_epoch'),
    withdrawableEpoch: epoch('withdrawable_epoch'),
  };
}
