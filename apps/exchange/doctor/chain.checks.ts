import type { Chain } from '#chains';
import { createEthereum, type Ethereum } from '#chains/ethereum';
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

/** Every fact that makes a network this network, as the nodes tell it and as the profile has it; the second pair of nodes too where there is one. */
async function network(chain: Ethereum, name: string): Promise<Finding> {
  const items = await chain.describeNetwork();
  const wrong = items.filter((one) => !one.ok);
  if (wrong.length === 0) return fine(`${name}: ${items.length} facts as they should be`);
  return fail(
    wrong.map(({ item, expected, found }) => `${item}: ${found}${expected === null ? '' : `, not ${expected}`}`).join('; '),
    'correct BAILEE_NETWORK, ETHEREUM_RPC_URL and ETHEREUM_BEACON_URL, or the nodes; nothing is credited before they agree',
  );
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
