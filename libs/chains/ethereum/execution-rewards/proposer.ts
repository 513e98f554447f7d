import type { Hex } from 'viem';
import type { Network } from '../node/network.js';
import { payloadHash } from '../node/payload.js';
import { headState, readValidators } from '../staking/state.js';

/**
 * Who proposed the beacon block at this slot, which must carry this execution block (`chain.garbage` otherwise: the two nodes follow
 * different chains). Null when the beacon node has no block there, or no longer.
 */
export async function proposerOf(network: Network, slot: bigint, blockHash: string): Promise<Hex | null> {
  const answer = await network.beacon.find(`/eth/v2/beacon/blocks/${slot}`);
  if (!answer) return null;
  const message = answer.field('data').field('message');
  const hash = payloadHash(message);
  if (hash !== blockHash) throw message.field('body').garbage(`the execution block ${blockHash}`);
  const index = message.field('proposer_index').decimal();
  // keys never change: the newest state knows them all
  const [proposer] = await readValidators(network, await headState(network), [index.toString()]);
  return proposer?.pubkey ?? null;
}
