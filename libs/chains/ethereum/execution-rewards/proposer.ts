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

/** Indices of these keys, as far as they are validators yet. */
export async function indicesOf(network: Network, pubkeys: ReadonlySet<string>): Promise<ReadonlySet<bigint>> {
  if (pubkeys.size === 0) return new Set();
  const records = await readValidators(network, await headState(network), [...pubkeys]);
  return new Set(records.map((record) => record.index));
}

/** By the header alone, so that blocks of others cost little. */
export async function isProposedBy(network: Network, slot: bigint, indices: ReadonlySet<bigint>): Promise<boolean> {
  if (indices.size === 0) return false;
  const answer = await network.beacon.find(`/eth/v1/beacon/headers/${slot}`);
  return answer !== null && indices.has(answer.field('data').field('header').field('message').field('proposer_index').decimal());
}
