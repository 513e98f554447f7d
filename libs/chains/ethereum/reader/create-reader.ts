import type { Clock } from '#kernel';
import type { ChainReader } from '../../port.js';
import type { Network } from '../node/network.js';
import { readBalance } from './balance.js';
import { findBlock, readBlock, readBlockRef, requireBlock } from './block.js';
import { readFinalised } from './checkpoint.js';
import { makeCheck } from './check.js';
import { displayAddress, parseAddress } from './parse-address.js';

export function createReader(network: Network, clock: Clock, stallSlots?: number): ChainReader {
  const { execution } = network;
  /** No answer counts before the nodes have shown that they are of the right network. */
  const verified = async <T>(read: () => Promise<T>): Promise<T> => {
    await network.facts();
    return read();
  };
  return {
    check: makeCheck(network, clock, stallSlots),
    head: () => verified(async () => readBlockRef(await requireBlock(execution, 'latest'))),
    finalised: () => verified(() => readFinalised(network)),
    block: (number) => verified(() => readBlock(execution, number)),
    blockHash: (number) => verified(async () => (await findBlock(execution, number))?.field('hash').hex(32) ?? null),
    balance: (address, number) => verified(() => readBalance(execution, address, number)),
    parseAddress,
    displayAddress,
  };
}
