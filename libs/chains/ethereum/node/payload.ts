import type { Hex } from 'viem';
import type { Answer } from './answer.js';

/** The execution block that a beacon block carries: inside it until Fulu, promised by the bid in it since Gloas (EIP-7732). */
export function payloadHash(message: Answer): Hex {
  const body = message.field('body');
  const bid = body.field('signed_execution_payload_bid');
  return bid.present ? bid.field('message').field('block_hash').hex(32) : body.field('execution_payload').field('block_hash').hex(32);
}
