import type { Clock } from '#kernel';
import type { ChainReader } from '../../port.js';
import { agreed } from '../node/agreement.js';
import type { Network } from '../node/network.js';
import { proverOf } from '../proof/prover.js';
import { readBalance } from './balance.js';
import { findBlock, readBlock, readBlockRef, requireBlock } from './block.js';
import { readFinalised } from './checkpoint.js';
import { makeCheck } from './check.js';
import { displayAddress, parseAddress } from './parse-address.js';

export function createReader(network: Network, clock: Clock, stallSlots?: number): ChainReader {
  const { execution, finality } = network;
  /** No answer counts before the nodes have shown that they are of the right network. */
  const verified = async <T>(read: () => Promise<T>): Promise<T> => {
    await network.facts();
    return read();
  };
  /** What is final is booked: a second node, where there is one, must say the same. */
  const booked = <T>(what: string, number: bigint, read: (nodes: Network) => Promise<T>): Promise<T> =>
    verified(() => (finality.finalBlock !== null && number <= finality.finalBlock ? agreed(network, what, read) : read(network)));
  return {
    check: makeCheck(network, clock, stallSlots),
    head: () =>
      verified(() =>
        finality.observeHead(
          async () => readBlockRef(await requireBlock(execution, 'latest')),
          (head) => head.number,
        ),
      ),
    finalised: () => verified(() => readFinalised(network)),
    block: (number) => booked(`block ${number}`, number, async (nodes) => readBlock(nodes.execution, number, await proverOf(nodes))),
    blockHash: (number) => verified(async () => (await findBlock(execution, number))?.field('hash').hex(32) ?? null),
    balance: (address, number) =>
      booked(`the balance of ${address} at block ${number}`, number, (nodes) => readBalance(nodes.execution, address, number)),
    parseAddress,
    displayAddress,
  };
}
