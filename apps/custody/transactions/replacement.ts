import type { FeeQuote } from '#chains';
import { ok, refuse, type Refusal, type Result } from '#kernel';

/** What is known of the youngest attempt of a transaction that no block has taken. */
export interface WaitingAttempt {
  /** Blocks since it was asked for. */
  readonly blocks: bigint;
  /** Null where its prices were not kept. */
  readonly maxFeePerGas: bigint | null;
  /** What a transaction asked for now would offer. */
  readonly presentMaxFee: bigint;
}
export interface ReplacementLimits {
  readonly afterBlocks: bigint;
  readonly most: number;
  /** The most any attempt may cost in gas, wei. */
  readonly maxGasCost: bigint;
}

/** A quote leaves room for the base fee to double: where one made now asks for twice as much, the base fee has outrun what was offered. */
const ROOM = 2n;

/** Whether an attempt has waited so long, or its price has fallen so far behind, that a block will not take it as it is. */
export const isStuck = ({ blocks, maxFeePerGas, presentMaxFee }: WaitingAttempt, limits: ReplacementLimits): boolean =>
  blocks >= limits.afterBlocks || (maxFeePerGas !== null && presentMaxFee >= ROOM * maxFeePerGas);

/** How often a transaction may be replaced is bounded. Refusal: transaction.replacements_exhausted. */
export const mayReplaceAgain = (attempts: number, { most }: ReplacementLimits): Refusal | null =>
  attempts > most
    ? refuse('transaction.replacements_exhausted', `It was replaced ${most} times and no block has taken it: people have to look.`).refusal
    : null;

export interface ReplacementFunds {
  /** The most the transaction may cost so far. */
  readonly worstCost: bigint;
  /** What its address can still send. */
  readonly spendable: bigint;
  /** What the gas float holds; null where the house pays. */
  readonly float: bigint | null;
}

/**
 * What more must be set aside before the replacement is asked for. Refusals: transaction.fee_cap, transaction.replacement_unfunded (the
 * address lacks the difference: it is fed), gas.float_empty.
 */
export function decideReplacement(fee: FeeQuote, funds: ReplacementFunds, limits: ReplacementLimits): Result<bigint> {
  if (fee.worstCost > limits.maxGasCost)
    return refuse('transaction.fee_cap', 'A replacement would cost more gas than any transaction may.', {
      worst_cost_atomic: fee.worstCost.toString(),
      cap_atomic: limits.maxGasCost.toString(),
    });
  const more = fee.worstCost > funds.worstCost ? fee.worstCost - funds.worstCost : 0n;
  if (funds.float !== null && more > funds.float)
    return refuse('gas.float_empty', 'The gas float cannot cover the worst cost; the house has to top it up.');
  if (more > funds.spendable)
    return refuse('transaction.replacement_unfunded', 'The address holds too little for a higher fee.', { lacks_atomic: more.toString() });
  return ok(more);
}

/** Refusals that pass by themselves; with the others nothing happens any more until people act. */
export const needsPeople = (code: string): boolean => code === 'transaction.replacements_exhausted' || code === 'transaction.fee_cap';
