import type { BlockRef } from '../../port.js';
import type { Amount } from '#kernel';
import type { Network } from '../node/network.js';
import { proverOf } from '../proof/prover.js';
import { readBlockRef, readCredits, requireBlock } from '../reader/block.js';
import { slotOf } from './slots.js';

/** Blocks asked for at once while walking back. */
const STRIDE = 16n;

export interface PaidOut {
  readonly slot: bigint;
  readonly validatorIndex: bigint;
  readonly amount: Amount;
}

/** The blocks of a period, by number, each linked to the next by its parent hash, and what the protocol paid in them. */
export interface Walk {
  readonly blocks: ReadonlyMap<bigint, { readonly hash: string; readonly slot: bigint }>;
  readonly paid: readonly PaidOut[];
}

/**
 * What the protocol paid to these validators in slots after `sinceSlot`, up to block `to` (finalised). Withdrawals are neither
 * transactions nor logs: they stand in the blocks themselves. The walk goes back from `to` by number, each block proved by its child's
 * parent hash; a slot without a block is simply not there, and a block's slot is known by its time.
 */
export async function walkBack(network: Network, to: BlockRef, sinceSlot: bigint, indices: ReadonlySet<bigint>): Promise<Walk> {
  const facts = await network.facts();
  const prover = await proverOf(network);
  const paid: PaidOut[] = [];
  const blocks = new Map<bigint, { hash: string; slot: bigint }>();
  let expected = to.hash;
  for (let top = to.number; top >= 0n; top -= STRIDE) {
    const numbers = Array.from({ length: Number(top + 1n < STRIDE ? top + 1n : STRIDE) }, (_, offset) => top - BigInt(offset));
    const answers = await Promise.all(numbers.map((number) => requireBlock(network.execution, number)));
    for (const block of answers) {
      const { number, hash, time } = readBlockRef(block);
      if (hash !== expected) throw block.field('hash').garbage(`the finalised block ${expected}`);
      if (number === 0n) return { blocks, paid };
      prover.header(block);
      const slot = slotOf(facts, time);
      if (slot <= sinceSlot) return { blocks, paid };
      blocks.set(number, { hash, slot });
      for (const credit of readCredits(block)) {
        if (indices.has(credit.validatorIndex)) paid.push({ slot, validatorIndex: credit.validatorIndex, amount: credit.amount });
      }
      expected = block.field('parentHash').hex(32);
    }
  }
  return { blocks, paid };
}
