import type { TransactionStatus } from '../../port.js';
import type { ExecutionNode } from '../node/execution-node.js';
import { readBlockRef, requireBlock } from '../reader/block.js';
import { readGasCost, readSuccess } from '../reader/receipts.js';

/**
 * Where a transaction is now. Included is not final: compare its block with the finalised one. `unknown` says only that this node knows
 * nothing of it: dropped, replaced, reorganised away or not heard of yet. That it can never come back is known once another transaction
 * has used its nonce at finality (`finalisedNonce` is above it and the status is still unknown).
 */
export async function readStatus(execution: ExecutionNode, hash: string): Promise<TransactionStatus> {
  const receipt = await execution.call('eth_getTransactionReceipt', [hash]);
  if (!receipt.present) {
    const pooled = await execution.call('eth_getTransactionByHash', [hash]);
    return { state: pooled.present ? 'pending' : 'unknown' };
  }
  if (receipt.field('transactionHash').hex(32) !== hash) throw receipt.field('transactionHash').garbage(hash);
  const block = readBlockRef(await requireBlock(execution, receipt.field('blockNumber').quantity()));
  // a block replaced between the two answers: it is on its way again
  if (block.hash !== receipt.field('blockHash').hex(32)) return { state: 'pending' };
  return { state: 'included', block, succeeded: readSuccess(receipt), gasCost: readGasCost(receipt) };
}
