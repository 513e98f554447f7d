import { amount, Fault, larger, mulDiv, smaller } from '#kernel';
import type { FeeQuote, TransactionPlan } from '../../port.js';
import type { ExecutionNode } from '../node/execution-node.js';
import { RpcRefusal } from '../node/execution-node.js';
import { quantity, requireBlock } from '../reader/block.js';
import { WEI_PER_GWEI } from '../units.js';

/** What a plain transfer to an account without code costs, always. */
const TRANSFER_GAS = 21_000n;
/** Full blocks in a row that a quote outlives; each lifts the base fee by an eighth at most (EIP-1559). */
const FULL_BLOCKS = 6n;
const HISTORY = 20;
/** A node may suggest any tip; above this it is a fault of the node or a moment to wait. */
const MAX_PRIORITY_FEE = 50n * WEI_PER_GWEI;

/**
 * Simulates the plan at the head and prices it: the highest base fee of the last blocks, or what the next one may become after six full
 * blocks, and a tip. Faults: `chain.execution_reverts` (the chain would refuse it: not retryable), `fee.over_cap` (the network asks more
 * than the profile allows: wait), `chain.garbage`, `chain.unreachable`.
 */
export async function quoteFee(execution: ExecutionNode, plan: TransactionPlan, cap: bigint): Promise<FeeQuote> {
  const [base, tip, gas] = await Promise.all([
    foreseeBaseFee(execution),
    execution.call('eth_maxPriorityFeePerGas', []).then((answer) => answer.quantity()),
    estimateGas(execution, plan),
  ]);
  const maxPriorityFeePerGas = smaller(tip, MAX_PRIORITY_FEE);
  // a contract may take more when the state has moved by the time it runs; a transfer cannot
  const gasLimit = gas === TRANSFER_GAS ? gas : mulDiv(gas, 12n, 10n, 'ceil');
  return withinCap({ gasLimit, maxFeePerGas: base + maxPriorityFeePerGas, maxPriorityFeePerGas }, cap);
}

/** Closes a quote, or Fault `fee.over_cap`. */
export function withinCap(fee: Omit<FeeQuote, 'worstCost'>, cap: bigint): FeeQuote {
  if (fee.maxFeePerGas > cap) {
    throw new Fault('fee.over_cap', 'The network asks more for gas than we pay: the transaction waits.', true, {
      facts: { maxFeePerGas: fee.maxFeePerGas.toString(), cap: cap.toString() },
    });
  }
  return { ...fee, worstCost: amount(fee.gasLimit * fee.maxFeePerGas) };
}

/** The base fee to be ready for, from the node's fee history; from the head alone where a node keeps none. */
async function foreseeBaseFee(execution: ExecutionNode): Promise<bigint> {
  const history = await execution.call('eth_feeHistory', [quantity(BigInt(HISTORY)), 'latest', []]).catch((error: unknown) => {
    if (error instanceof RpcRefusal) return null;
    throw error;
  });
  const known = history?.field('baseFeePerGas');
  const fees = known?.present ? known.list().map((fee) => fee.quantity()) : [];
  const head = (await requireBlock(execution, 'latest')).field('baseFeePerGas').quantity();
  const next = larger(fees.at(-1) ?? head, head); // the last is that of the block to come
  return fees.reduce((highest, fee) => larger(highest, fee), afterFullBlocks(next));
}

const afterFullBlocks = (fee: bigint): bigint => mulDiv(fee, 9n ** FULL_BLOCKS, 8n ** FULL_BLOCKS, 'ceil');

async function estimateGas(execution: ExecutionNode, plan: TransactionPlan): Promise<bigint> {
  const call = { from: plan.from, to: plan.to, value: quantity(plan.value), ...(plan.data === '0x' ? {} : { data: plan.data }) };
  try {
    return larger((await execution.call('eth_estimateGas', [call])).quantity(), TRANSFER_GAS);
  } catch (error) {
    if (!(error instanceof RpcRefusal)) throw error;
    throw new Fault('chain.execution_reverts', `The chain would refuse this transaction: ${error.words}`, false, {
      cause: error,
      facts: { to: plan.to, words: error.words.slice(0, 200) },
    });
  }
}
