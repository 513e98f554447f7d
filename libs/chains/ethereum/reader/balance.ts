import { amount, type Amount } from '#kernel';
import type { ExecutionNode } from '../node/execution-node.js';
import { quantity } from './block.js';

/** Wei at an address after block `number`. */
export async function readBalance(execution: ExecutionNode, address: string, number: bigint): Promise<Amount> {
  return amount((await execution.call('eth_getBalance', [address, quantity(number)])).quantity());
}
