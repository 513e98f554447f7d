import type { Hex } from 'viem';
import type { Answer } from './answer.js';

/** Where beacon blocks keep their execution block, by fork: inside until Fulu; since Gloas (EIP-7732) only a builder's bid is inside. */
const bidOf = (message: Answer): Answer | null => {
  const bid = message.field('body').field('signed_execution_payload_bid');
  return bid.present ? bid.field('message') : null;
};
const embedded = (message: Answer): Answer => message.field('body').field('execution_payload');

/** The execution block that a beacon block carries or promises. */
export const payloadHash = (message: Answer): Hex => (bidOf(message) ?? embedded(message)).field('block_hash').hex(32);

/**
 * The execution block that certainly stands once this beacon block does. Since Gloas what the bid promises may never be revealed: what it
 * builds on has been. The number is null where the beacon block does not tell.
 */
export function settledPayload(message: Answer): { readonly hash: Hex; readonly number: bigint | null } {
  const bid = bidOf(message);
  if (bid) return { hash: bid.field('parent_block_hash').hex(32), number: null };
  const payload = embedded(message);
  return { hash: payload.field('block_hash').hex(32), number: payload.field('block_number').decimal() };
}
