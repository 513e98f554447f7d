import type { Chain, FeeQuote, TransactionPlan } from '#chains';
import { accept, amount, invariant, ok, refuse, type Amount, type Result } from '#kernel';
import type { IntentV1 } from '#messages';
import { compareWithIntent, type ExpectedTransaction } from './comparison.js';
import { gasToReserve } from './transaction.js';
import type { TransactionEntity } from './transaction.entity.js';

/** Everything of a transaction that is fixed before anybody signs. */
export interface Built {
  readonly plan: TransactionPlan;
  readonly nonce: bigint;
  readonly worstCost: Amount;
  readonly reserve: Amount;
  readonly unsigned: string;
  readonly signatureId: string;
}

/** What a sweep leaves behind: a vault keeps what its next exit requests may cost. */
export interface SweepRule {
  readonly keep: bigint;
}

/**
 * The value that leaves. Refusals: transaction.waiting_funds (the address has too little, or not yet), sweep.nothing_left (nothing worth
 * moving is there any more).
 */
export function decideValue(
  row: TransactionEntity,
  plan: TransactionPlan,
  worstCost: Amount,
  free: bigint,
  sweep: SweepRule,
): Result<Amount> {
  if (row.purpose === 'sweep') {
    const rest = free - sweep.keep - worstCost;
    return rest > 0n ? ok(amount(rest)) : refuse('sweep.nothing_left', 'There is nothing left to move.');
  }
  const needed = plan.value + worstCost;
  return needed <= free
    ? ok(plan.value)
    : refuse('transaction.waiting_funds', 'The address holds too little for value and gas.', {
        needed_atomic: needed.toString(),
        free_atomic: free.toString(),
      });
}

/** Builds the bytes, decodes them with the chain's own decoder and compares every field with the plan before anybody is asked to sign. */
export function buildBytes(
  chain: Chain,
  row: TransactionEntity,
  plan: TransactionPlan,
  nonce: bigint,
  fee: FeeQuote,
  signatureId: string,
): Built {
  const unsigned = chain.writer.build(plan, nonce, fee);
  const expected = expectedOf(chain, plan, nonce, fee.worstCost);
  accept(compareWithIntent(expected, accept(chain.writer.decode(unsigned)), null));
  const reserve = amount(gasToReserve(row.purpose, fee.worstCost, plan.value));
  return { plan, nonce, worstCost: fee.worstCost, reserve, unsigned, signatureId };
}

export const expectedOf = (chain: Chain, plan: TransactionPlan, nonce: bigint, worstCost: Amount): ExpectedTransaction => ({
  chainId: chain.writer.chainId,
  nonce,
  from: plan.from,
  to: plan.to,
  value: plan.value,
  data: plan.data,
  worstCost,
});

/** What a built row must be, at the cost of one of its attempts: for the comparison of signed bytes. */
export function expectedOfRow(chain: Chain, row: TransactionEntity, from: string, worstCost: Amount): ExpectedTransaction {
  const { target, value, data, nonce } = row;
  invariant(target !== null && value !== null && data !== null && nonce !== null, 'transaction.not_built', { id: row.id });
  return expectedOf(chain, { from, to: target, value, data }, nonce, worstCost);
}

/** The intent in plain words for the signer, which decodes the bytes by itself. */
export const intentOf = (chain: Chain, row: TransactionEntity, built: Built, fromPath: string, toPath: string | null): IntentV1 => ({
  purpose: row.purpose,
  fromPath,
  from: built.plan.from,
  to: built.plan.to,
  ...(toPath === null ? {} : { toPath }),
  value: built.plan.value.toString(),
  data: built.plan.data,
  nonce: built.nonce.toString(),
  chainId: chain.writer.chainId.toString(),
  gasLimitCost: built.worstCost.toString(),
});
