import { larger, mulDiv } from '#kernel';
import type { FeeQuote, TransactionPlan } from '../../port.js';
import type { ExecutionNode } from '../node/execution-node.js';
import { quoteFee, withinCap } from './quote-fee.js';

/** An eighth more, rounded up: pools take a replacement from a tenth more on, and one of them from a little above. */
export const raised = (price: bigint): bigint => larger(mulDiv(price, 9n, 8n, 'ceil'), price + 1n);

/**
 * A fee for the same plan and nonce that nodes take in place of `previous`: both prices raised, and not below what a fresh quote says.
 * Faults: those of quoteFee; `fee.over_cap` when the raise itself goes over the cap.
 */
export async function bumpFee(execution: ExecutionNode, plan: TransactionPlan, previous: FeeQuote, cap: bigint): Promise<FeeQuote> {
  const fresh = await quoteFee(execution, plan, cap);
  const maxPriorityFeePerGas = larger(raised(previous.maxPriorityFeePerGas), fresh.maxPriorityFeePerGas);
  const maxFeePerGas = larger(larger(raised(previous.maxFeePerGas), fresh.maxFeePerGas), maxPriorityFeePerGas);
  return withinCap({ gasLimit: larger(previous.gasLimit, fresh.gasLimit), maxFeePerGas, maxPriorityFeePerGas }, cap);
}
