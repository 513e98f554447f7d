import { add, ZERO, type Amount } from '#kernel';
import type { ChainBlock } from '../../port.js';

/**
 * Since Gloas (EIP-7732) a builder's bid is paid by the protocol, some epochs later, as a withdrawal whose validator index carries this
 * flag above the builder's own. Source: consensus-specs gloas/beacon-chain.md (BUILDER_INDEX_FLAG).
 */
const BUILDER_INDEX_FLAG = 2n ** 40n;

export const isBuilderCredit = (validatorIndex: bigint): boolean => (validatorIndex & BUILDER_INDEX_FLAG) !== 0n;

/** What builders' bids paid the address in this block; nothing before Gloas. */
export const builderPayments = (block: ChainBlock, recipient: string): Amount =>
  add(
    ZERO,
    ...block.credits
      .filter((credit) => credit.address === recipient && isBuilderCredit(credit.validatorIndex))
      .map((credit) => credit.amount),
  );
