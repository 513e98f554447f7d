import type { Hex } from 'viem';
import type { BlockRef } from '../../port.js';
import type { Network } from '../node/network.js';
import { quantity, readBlockRef, requireBlock } from '../reader/block.js';

/** What the deposit contract had taken by the end of a block: any deposit of anybody changes it. */
export interface DepositRoot {
  readonly root: Hex;
  readonly count: bigint;
  readonly block: BlockRef;
}

const GET_DEPOSIT_ROOT = '0xc5f2892f';
const GET_DEPOSIT_COUNT = '0x621fd130';

/**
 * Read before and after the checks of a deposit it says whether they still hold: an equal root means that nobody deposited anything in
 * between. It guards up to the moment of sending; from there to inclusion only a first deposit of 1 ETH bounds the loss (docs/chains.md).
 */
export async function readDepositRoot(network: Network): Promise<DepositRoot> {
  const { depositContract } = await network.facts();
  const block = readBlockRef(await requireBlock(network.execution, 'latest'));
  const call = (data: string) => network.execution.call('eth_call', [{ to: depositContract, data }, quantity(block.number)]);
  const [root, answer] = await Promise.all([call(GET_DEPOSIT_ROOT), call(GET_DEPOSIT_COUNT)]);
  const count = answer.hex(96); // offset, length, and 8 bytes in little-endian order, padded
  const bytes = Buffer.from(count.slice(2 + 128, 2 + 128 + 16), 'hex').reverse();
  return { root: root.hex(32), count: BigInt(`0x${bytes.toString('hex')}`), block };
}
