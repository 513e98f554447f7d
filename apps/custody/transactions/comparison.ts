import { ok, refuse, type Result } from '#kernel';

/** What the transaction must be, field by field. Addresses and data in lower-case hex. */
export interface ExpectedTransaction {
  readonly chainId: bigint;
  readonly nonce: bigint;
  readonly from: string;
  readonly to: string;
  readonly value: bigint;
  readonly data: string;
  /** The most it may cost in gas, base units. */
  readonly worstCost: bigint;
}

/** What the bytes say, as the chain's own decoder reads them. */
export interface DecodedFields {
  readonly chainId: bigint;
  readonly nonce: bigint;
  readonly from: string | null;
  readonly to: string | null;
  readonly value: bigint;
  readonly data: string;
  readonly worstCost: bigint;
  readonly hash: string | null;
}

/**
 * Compares bytes with the intent. Unsigned bytes name no sender; signed bytes must recover to the sender and carry the announced hash.
 * Refusal: transaction.differs_from_intent, with the names of the fields that differ.
 */
export function compareWithIntent(expected: ExpectedTransaction, decoded: DecodedFields, signed: { hash: string } | null): Result<null> {
  const differing: string[] = [];
  if (decoded.chainId !== expected.chainId) differing.push('chainId');
  if (decoded.nonce !== expected.nonce) differing.push('nonce');
  if (decoded.to === null || decoded.to.toLowerCase() !== expected.to) differing.push('to');
  if (decoded.value !== expected.value) differing.push('value');
  if (decoded.data.toLowerCase() !== expected.data) differing.push('data');
  if (decoded.worstCost !== expected.worstCost) differing.push('worstCost');
  if (signed === null ? decoded.from !== null : decoded.from?.toLowerCase() !== expected.from) differing.push('from');
  if (signed === null ? decoded.hash !== null : decoded.hash?.toLowerCase() !== signed.hash) differing.push('hash');
  return differing.length === 0
    ? ok(null)
    : refuse('transaction.differs_from_intent', 'The bytes do not do what was intended.', { fields: differing });
}
