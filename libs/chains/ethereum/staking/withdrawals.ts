import type { BlockRef } from '../../port.js';
import { Fault, type Amount } from '#kernel';
import type { Answer } from '../node/answer.js';
import type { Network } from '../node/network.js';
import type { NetworkFacts } from '../node/network-facts.js';
import { readCredits, requireBlock } from '../reader/block.js';

/** Blocks asked for at once while walking back. */
const STRIDE = 16n;

export interface PaidOut {
  readonly slot: bigint;
  readonly validatorIndex: bigint;
  readonly amount: Amount;
}

/**
 * What the protocol paid to these validators in slots after `sinceSlot`, up to block `to` (finalised). Withdrawals are neither
 * transactions nor logs: they stand in the blocks themselves. The walk goes back from `to` by number, each block proved by its child's
 * parent hash; a slot without a block is simply not there, and a block's slot is known by its time.
 */
export async function readPaidOut(network: Network, to: BlockRef, sinceSlot: bigint, indices: ReadonlySet<bigint>): Promise<PaidOut[]> {
  const facts = await network.facts();
  const paid: PaidOut[] = [];
  let expected = to.hash;
  for (let top = to.number; top >= 0n; top -= STRIDE) {
    const numbers = Array.from({ length: Number(top + 1n < STRIDE ? top + 1n : STRIDE) }, (_, offset) => top - BigInt(offset));
    const blocks = await Promise.all(numbers.map((number) => requireBlock(network.execution, number)));
    for (const block of blocks) {
      if (block.field('hash').hex(32) !== expected) throw block.field('hash').garbage(`the finalised block ${expected}`);
      if (block.field('number').quantity() === 0n) return paid;
      const slot = slotOf(facts, block);
      if (slot <= sinceSlot) return paid;
      for (const credit of readCredits(block)) {
        if (indices.has(credit.validatorIndex)) paid.push({ slot, validatorIndex: credit.validatorIndex, amount: credit.amount });
      }
      expected = block.field('parentHash').hex(32);
    }
  }
  return paid;
}

/** The slot whose block this is: after the merge a block's time is its slot's. */
function slotOf(facts: NetworkFacts, block: Answer): bigint {
  const since = Number(block.field('timestamp').quantity() - facts.genesisTime);
  const slot = since / facts.secondsPerSlot;
  if (since < 0 || !Number.isInteger(slot)) {
    throw new Fault('chain.garbage', 'A block stands at a time that is no slot of this network.', true, { facts: { since } });
  }
  return BigInt(slot);
}
