import { serializeTransaction, type Hex } from 'viem';
import { invariant } from '#kernel';
import type { FeeQuote, TransactionPlan } from '../../port.js';

/** An unsigned EIP-1559 transaction, as bytes. */
export function buildTransaction(chainId: bigint, plan: TransactionPlan, nonce: bigint, fee: FeeQuote): Hex {
  invariant(nonce <= BigInt(Number.MAX_SAFE_INTEGER), 'transaction.nonce_out_of_range', { nonce: nonce.toString() });
  return serializeTransaction({
    type: 'eip1559',
    chainId: Number(chainId),
    nonce: Number(nonce),
    to: plan.to as Hex,
    value: plan.value,
    data: plan.data as Hex,
    gas: fee.gasLimit,
    maxFeePerGas: fee.maxFeePerGas,
    maxPriorityFeePerGas: fee.maxPriorityFeePerGas,
  });
}
