import { Fault } from '#kernel';
import type { NetworkFacts } from '../node/network-facts.js';

/** The slot whose block this is: after the merge a block's time is its slot's. Fault `chain.garbage` when it is no slot's time. */
export function slotOf(facts: NetworkFacts, time: Date): bigint {
  const since = time.getTime() / 1000 - Number(facts.genesisTime);
  const slot = since / facts.secondsPerSlot;
  if (since < 0 || !Number.isInteger(slot)) {
    throw new Fault('chain.garbage', 'A block stands at a time that is no slot of this network.', true, { facts: { since } });
  }
  return BigInt(slot);
}
