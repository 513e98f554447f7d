import { refuse, type Refusal } from '#kernel';
import type { Intent } from './signing-policy.js';

/** What was signed before under the nonce, read from the signer's own table and decoded from its own bytes. */
export interface SignedBefore {
  readonly transactionId: string;
  readonly purpose: Intent['purpose'];
  readonly chain: string;
  readonly from: string;
  readonly to: string;
  readonly value: bigint;
  readonly nonce: bigint;
  readonly data: string;
  readonly worstCost: bigint;
  /** Another signature has replaced it already. */
  readonly replaced: boolean;
  /** Signatures under this nonce so far. */
  readonly count: number;
}

/** The same payment: everything but the fee. */
export const isSamePayment = (before: SignedBefore, intent: Intent, transactionId: string): boolean =>
  before.transactionId === transactionId &&
  before.purpose === intent.purpose &&
  before.chain === intent.chain &&
  before.from === intent.from &&
  before.to === intent.to &&
  before.value === intent.value &&
  before.nonce === intent.nonce &&
  before.data === intent.data;

/**
 * `worstCost`: as decoded from the bytes. A second signature under a nonce is made for one reason alone: to offer the chain a higher fee for the very same payment. Refusals:
 * `signature.replaces_unknown`, `signature.replaces_differs`, `signature.nonce_conflict`, `signature.replacement_not_higher`,
 * `signature.replacement_limit`.
 */
export function refuseReplacement(
  before: SignedBefore | null,
  intent: Intent,
  { transactionId, worstCost }: { readonly transactionId: string; readonly worstCost: bigint },
  limits: { readonly mostReplacements: number },
): Refusal | null {
  if (!before) return say('replaces_unknown', 'What it says to replace was never signed.');
  if (!isSamePayment(before, intent, transactionId)) return say('replaces_differs', 'It is not the payment that it says to replace.');
  if (before.replaced) return say('nonce_conflict', 'What it says to replace was replaced already.');
  if (worstCost <= before.worstCost) return say('replacement_not_higher', 'It offers no higher fee than what it replaces.');
  return before.count > limits.mostReplacements ? say('replacement_limit', 'It was replaced often enough.') : null;
}

const say = (code: string, detail: string): Refusal => refuse(`signature.${code}`, detail).refusal;
