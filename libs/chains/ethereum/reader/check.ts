import { Fault, type Clock } from '#kernel';
import { HeadWatch } from '../node/head-watch.js';
import type { Network } from '../node/network.js';

/** Makes `check()`: right network, in step, moving. `stallSlots`: how many slots a head may stand still; an epoch's worth where not given. */
export function makeCheck(network: Network, clock: Clock, stallSlots?: number): () => Promise<void> {
  const consensus = new HeadWatch('consensus', clock);
  const execution = new HeadWatch('execution', clock);

  return async () => {
    const facts = await network.learn();
    await Promise.all([refuseSyncing(network), network.second && refuseSyncing(network.second.network)]);
    const [root, block] = await Promise.all([
      network.beacon.get('/eth/v1/beacon/headers/head').then((answer) => answer.field('data').field('root').hex(32)),
      network.execution.call('eth_getBlockByNumber', ['latest', false]).then((answer) => answer.field('hash').hex(32)),
    ]);
    const patienceMs = (stallSlots ?? Number(facts.slotsPerEpoch)) * facts.secondsPerSlot * 1000;
    consensus.look(root, patienceMs);
    execution.look(block, patienceMs);
  };
}

async function refuseSyncing(network: Network): Promise<void> {
  const [beacon, execution] = await Promise.all([
    network.beacon.get('/eth/v1/node/syncing').then((answer) => answer.field('data')),
    network.execution.call('eth_syncing', []),
  ]);
  const flag = (name: string): boolean => beacon.field(name).present && beacon.field(name).boolean();
  const reason = beacon.field('is_syncing').boolean()
    ? 'the beacon node is syncing'
    : flag('is_optimistic')
      ? 'the beacon node follows blocks whose execution it has not verified'
      : flag('el_offline')
        ? 'the beacon node has lost its execution node'
        : execution.is(false)
          ? null
          : 'the execution node is syncing';
  if (reason) throw new Fault('chain.syncing', `Not in step with the network: ${reason}.`, true, { facts: { reason } });
}
