import type { Chain } from '#chains';
import { createEthereum } from '#chains/ethereum';
import { systemClock } from '#kernel';
import { fail, fine, skip, warn, type Check, type Finding } from './checklist.js';
import type { Surroundings } from './surroundings.js';

const LATE_SECONDS = 60;

export function chainChecks(around: Surroundings): Check[] {
  const group = 'Chain';
  const { chain: endpoints } = around;
  if (endpoints === null)
    return [
      { group, name: 'nodes', look: () => skip('the local Ethereum runs with the exchange (npm start); set BAILEE_NETWORK for another') },
    ];
  const chain = createEthereum({ ...endpoints, clock: systemClock, timeoutMs: 8_000 });
  return [
    { group, name: 'network', look: () => network(chain, endpoints.network) },
    { group, name: 'fit to follow', look: () => fit(chain) },
    { group, name: 'head and finality', look: () => heights(chain) },
    ...(endpoints.network === 'localnet' ? [] : [{ group, name: 'clock', look: () => clock(chain) }]),
  ];
}

/** Chain id, fork version, genesis and deposit contract as the profile says, and both nodes of one network. */
async function network({ staking }: Chain, name: string): Promise<Finding> {
  const { secondsPerSlot, slotsPerEpoch, genesisForkVersion } = await staking.network();
  return fine(`${name}: fork version ${genesisForkVersion}, ${secondsPerSlot} s a slot, ${slotsPerEpoch} slots an epoch`);
}

async function fit({ reader }: Chain): Promise<Finding> {
  await reader.check();
  return fine('both nodes follow the head, in step with each other');
}

async function heights({ reader }: Chain): Promise<Finding> {
  const [head, final] = [await reader.head(), await reader.finalised()];
  const behind = head.number - final.number;
  const found = `head ${head.number}, finalised ${final.number}`;
  return behind > 200n ? warn(`${found}: ${behind} blocks behind`, 'finality has stalled: crediting waits for it') : fine(found);
}

async function clock({ reader }: Chain): Promise<Finding> {
  const { time } = await reader.head();
  const seconds = Math.round((systemClock.now().getTime() - time.getTime()) / 1000);
  if (seconds < -1) return fail(`the head is ${-seconds} s in the future`, "synchronise this machine's clock by NTP");
  return seconds > LATE_SECONDS
    ? warn(`the head is ${seconds} s old`, 'see whether the node follows, and whether this clock is right')
    : fine(`the head is ${seconds} s old`);
}
