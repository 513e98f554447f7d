import type { Answer } from '../node/answer.js';
import type { Network } from '../node/network.js';
import { readBlockRef } from '../reader/block.js';
import { slotOf } from '../staking/slots.js';
import { proveBlock, proveHeader, proveReceipts, proveTransactions } from './prove-block.js';

/** Holds blocks to what the network's profile lets them prove. */
export interface Prover {
  /** A block with its whole transactions, and its receipts. */
  whole(block: Answer, receipts: readonly Answer[]): void;
  /** Header and withdrawals alone. */
  header(block: Answer): void;
}

/**
 * Headers are known up to Prague, which lasts until Gloas (with Amsterdam on the execution side): later ones have fields that nobody here
 * can count, and prove their contents by the header's roots only.
 */
export async function proverOf(network: Network): Promise<Prover> {
  const facts = await network.facts();
  const { proof } = network.profile;
  const hashed = (block: Answer): boolean => {
    if (proof !== 'hash') return false;
    const fork = facts.forks.at(slotOf(facts, readBlockRef(block).time) / facts.slotsPerEpoch);
    return fork === 'electra' || fork === 'fulu';
  };
  return {
    whole: (block, receipts) => {
      if (hashed(block)) proveBlock(block, receipts);
      else if (proof !== 'none') {
        proveTransactions(block);
        proveReceipts(block, receipts);
      }
    },
    header: (block) => {
      if (hashed(block)) proveHeader(block);
    },
  };
}
