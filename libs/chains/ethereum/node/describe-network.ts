import { CONSOLIDATION_REQUESTS, WITHDRAWAL_REQUESTS } from '../profiles.js';
import { Fault } from '#kernel';
import type { Network } from './network.js';
import type { NetworkFacts } from './network-facts.js';

/** One thing that must be so. `expected` is null where the node's word is taken as it is. */
export interface NetworkItem {
  readonly item: string;
  readonly expected: string | null;
  readonly found: string;
  readonly ok: boolean;
}

/** All that is checked about the nodes, for people: never throws, a node that does not answer is an item that is not ok. */
export async function describeNetwork(network: Network): Promise<NetworkItem[]> {
  const pairs = [{ name: 'first', of: network }, ...(network.second ? [{ name: 'second', of: network.second.network }] : [])];
  const items = await Promise.all(pairs.map(({ name, of }) => describe(name, of)));
  const opinion = {
    item: 'second pair of nodes',
    expected: null,
    found: network.second ? 'asked about all that is final' : 'none',
    ok: true,
  };
  return [...items.flat(), opinion];
}

async function describe(name: string, network: Network): Promise<NetworkItem[]> {
  let facts: NetworkFacts;
  try {
    facts = await network.learn();
  } catch (error) {
    return [{ item: `${name} pair: network`, expected: network.profile.name, found: wordsOf(error), ok: false }];
  }
  const { identity, parameters } = network.profile;
  const compare = (item: string, expected: string | number | bigint | undefined, found: string | number | bigint): NetworkItem => ({
    item: `${name} pair: ${item}`,
    expected: expected === undefined ? null : String(expected),
    found: String(found),
    ok: expected === undefined || expected === found,
  });
  const epoch = await network.beacon
    .get('/eth/v1/beacon/headers/head')
    .then((answer) => answer.field('data').field('header').field('message').field('slot').decimal() / facts.slotsPerEpoch)
    .catch(() => null);
  const fork = epoch === null ? 'no head' : facts.forks.describe(epoch);
  return [
    compare('chain id', identity?.chainId, facts.chainId),
    compare('genesis fork version', identity?.genesisForkVersion, facts.genesisForkVersion),
    compare('genesis validators root', identity?.genesisValidatorsRoot, facts.genesisValidatorsRoot),
    compare('deposit contract', identity?.depositContract, facts.depositContract),
    compare('fork version of exits (Capella)', parameters?.capellaForkVersion, facts.capellaForkVersion),
    compare('seconds a slot', parameters?.secondsPerSlot, facts.secondsPerSlot),
    compare('slots an epoch', parameters?.slotsPerEpoch, facts.slotsPerEpoch),
    compare('activation balance, wei', parameters?.activationBalance, facts.activationBalance),
    compare('largest effective balance, wei', parameters?.maxEffectiveBalance, facts.maxEffectiveBalance),
    { item: `${name} pair: fork`, expected: null, found: fork, ok: epoch !== null && facts.forks.at(epoch) !== null },
    await code(name, network, 'deposit contract', facts.depositContract),
    await code(name, network, 'EIP-7002 withdrawal requests', WITHDRAWAL_REQUESTS),
    await code(name, network, 'EIP-7251 consolidation requests', CONSOLIDATION_REQUESTS),
  ];
}

async function code(name: string, network: Network, what: string, address: string): Promise<NetworkItem> {
  const item = `${name} pair: code of ${what}`;
  try {
    const length = (await network.execution.call('eth_getCode', [address, 'latest'])).hex().length / 2 - 1;
    return { item, expected: 'some', found: `${length} bytes`, ok: length > 0 };
  } catch (error) {
    return { item, expected: 'some', found: wordsOf(error), ok: false };
  }
}

const wordsOf = (error: unknown): string => (error instanceof Fault ? `${error.code}: ${error.message}` : String(error));
