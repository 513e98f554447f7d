import { amount, Fault, mulDiv } from '#kernel';
import type { FeeQuote, TransactionPlan } from '../../port.js';
import type { ExecutionNode } from '../node/execution-node.js';
import { RpcRefusal } from '../node/execution-node.js';
import { quantity, requireBlock } from '../reader/block.js';
import { WEI_PER_GWEI } from '../units.js';

/** What a plain transfer to an account without code costs, always. */
const TRANSFER_GAS = 21_000n;
/** Twice the base fee lasts at least six full blocks of the steepest rise (12.5 % a block, EIP-1559). */
const BASE_FEE_ROOM = 2n;
/** A node may suggest any tip; above this it is a fault of the node or a moment to wait. */
const MAX_PRIORITY_FEE = 50n * WEI_PER_GWEI;

/**
 * Simulates the plan at the head and prices it. Faults: `chain.execution_reverts` (the chain would refuse it: not retryable),
 * `chain.garbage`, `chain.unreachable`.
 */
export async function quoteFee(execution: ExecutionNode, plan: TransactionPlan): Promise<FeeQuote> {
  const [head, tip, gas] = await Promise.all([
    requireBlock(execution, 'latest'),
    execution.call('eth_maxPriorityFeePerGas', []).then((answer) => answer.quantity()),
    estimateGas(execution, plan),
  ]);
  const maxPriorityFeePerGas = tip > MAX_PRIORITY_FEE ? MAX_PRIORITY_FEE : tip;
  const maxFeePerGas = head.field('baseFeePerGas').quantity() * BASE_FEE_ROOM + maxPriorityFeePerGas;
  // a contract may take more when the state has moved by the time it runs; a transfer cannot
  const gasLimit = gas === TRANSFER_GAS ? gas : mulDiv(gas, 12n, 10n, 'ceil');
  return { gasLimit, maxFeePerGas, maxPriorityFeePerGas, worstCost: amount(gasLimit * maxFeePerGas) };
}

async function estimateGas(execution: ExecutionNode, plan: TransactionPlan): Promise<bigint> {
  const call = { from: plan.from, to: plan.to, value: quantity(plan.value), ...(plan.data === '0x' ? {} : { data: plan.data }) };
  try {
    const gas = (await execution.call('eth_estimateGas', [call])).quantity();
    return gas < TRANSFER_GAS ? TRANSFER_GAS : gas;
  } catch (error) {
    if (!(error instanceof RpcRefusal)) throw error;
    throw new Fault('chain.execution_reverts', `The chain would refuse this transaction: ${error.words}`, false, {
      cause: error,
      facts: { to: plan.to, words: error.words.slice(0, 200) },
    });
  }
}
