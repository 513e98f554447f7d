import { agreed } from '../node/agreement.js';
import type { Network } from '../node/network.js';
import { quantity } from '../reader/block.js';
import { readFinalised } from '../reader/checkpoint.js';

/** Next unused nonce at the head. */
export const nextNonce = async (network: Network, address: string): Promise<bigint> =>
  (await network.execution.call('eth_getTransactionCount', [address, 'latest'])).quantity();

/** The same at the finalised block: whatever used a smaller nonce will not be undone. */
export async function finalisedNonce(network: Network, address: string): Promise<bigint> {
  const { number } = await readFinalised(network);
  return agreed(network, `the nonce of ${address} at block ${number}`, async (nodes) =>
    (await nodes.execution.call('eth_getTransactionCount', [address, quantity(number)])).quantity(),
  );
}
