/** What a chain tells of the work of our validators: part of the chain port. */
import type { Amount } from '#kernel';

/**
 * What a validator was to do in epochs fromEpoch..toEpoch (inclusive) and what of it stands in the chain. `source`, `target` and `head` as the
 * protocol counts a vote timely and right (consensus-specs altair, get_attestation_participation_flag_indices).
 */
export interface DutyPerformance {
  readonly pubkey: string;
  /** Epochs in which it was to vote: one vote each. */
  readonly activeEpochs: bigint;
  /** Effective balance at the end × active epochs, wei. */
  readonly stakeEpochs: Amount;
  readonly expectedAttestations: bigint;
  /** Votes that came in time to count for their source or their target. */
  readonly included: bigint;
  readonly sourceCorrect: bigint;
  readonly targetCorrect: bigint;
  /** Votes whose head can be told right or wrong: while finality stalls nobody is paid for heads, and a node does not tell. */
  readonly expectedHeads: bigint;
  readonly headCorrect: bigint;
  /** Slots from vote to block over all votes included; null where the node does not tell. */
  readonly delaySlots: bigint | null;
  readonly expectedProposals: bigint;
  readonly proposals: bigint;
}

/** Execution rewards of one block that paid one of our addresses; or, without money, that one of ours proposed and that paid somebody else. */
export interface ExecutionReward {
  readonly blockNumber: bigint;
  readonly slot: bigint;
  readonly proposerPubkey: string | null;
  readonly recipient: string;
  /** Priority fees, where the block's fee recipient is ours: no transaction shows them. */
  readonly priorityFees: Amount;
  /** What the block's builder paid our address by a transaction in the block. */
  readonly mev: Amount;
  /** Where a builder paid: whom the block names as fee recipient in our stead, which is the builder's own address. */
  readonly builder?: string;
}
