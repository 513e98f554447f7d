import type { Network } from '../node/network.js';
import type { NetworkFacts } from '../node/network-facts.js';
import { readValidators, type StateRef } from './state.js';

/** Up to so many active validators are all counted; of more, so many are a fair sample, because committees are shuffled. */
const SAMPLE = 2_000;

/** All active stake (wei); `exact` when every active validator was counted. */
export interface ActiveStake {
  readonly wei: bigint;
  readonly exact: boolean;
}

/**
 * Total active balance. No call of the Beacon API tells it, and the whole registry is too much to ask; an epoch's committees hold every
 * active validator once. A node that does not tell them leaves zero, and churn is then the least that the protocol allows.
 */
export async function readActiveStake(network: Network, facts: NetworkFacts, state: StateRef): Promise<ActiveStake> {
  const ofSlot = await readMembers(network, state, `?slot=${state.slot}`);
  if (ofSlot.length === 0) return { wei: 0n, exact: false };
  const about = BigInt(ofSlot.length) * facts.slotsPerEpoch;
  if (about > BigInt(SAMPLE)) {
    const some = await readValidators(network, state, ofSlot.slice(0, SAMPLE));
    if (some.length === 0) return { wei: about * facts.activationBalance, exact: false };
    return { wei: (sum(some) * about) / BigInt(some.length), exact: false };
  }
  const all = await readMembers(network, state, '');
  const records = await readValidators(network, state, all.length > 0 ? all : ofSlot);
  if (all.length > 0 && records.length === all.length) return { wei: sum(records), exact: true };
  return { wei: about * facts.activationBalance, exact: false };
}

async function readMembers(network: Network, state: StateRef, query: string): Promise<string[]> {
  const answer = await network.beacon.find(`/eth/v1/beacon/states/${state.slot}/committees${query}`);
  if (!answer) return [];
  const members = answer
    .field('data')
    .list()
    .flatMap((committee) => committee.field('validators').list())
    .map((index) => index.decimal().toString());
  return [...new Set(members)];
}

const sum = (records: readonly { readonly effectiveBalance: bigint }[]): bigint =>
  records.reduce((total, record) => total + record.effectiveBalance, 0n);
