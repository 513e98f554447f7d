import type { ExecutionReward } from '#chains';
import type { MevPolicy } from '../operators/operator.js';

/** What an operator agreed to about the blocks that it proposes for us. Addresses in lower case. */
export interface BlockPolicy {
  readonly feeRecipients: readonly string[];
  readonly mevPolicy: MevPolicy;
  readonly builders: readonly string[];
}
export type Breach = 'proposal.foreign_fee_recipient' | 'proposal.foreign_builder';

/**
 * Whether a block of ours broke what was agreed. Its money must come to the pool's vault, or to an address that the operator may use. The chain
 * does not name relays; what it names is the builder, who is fee recipient in our stead where it paid us: that one must be of a relay that the
 * operator may use. Null: nothing to say, also where nobody agreed to anything but the vault.
 */
export function breachOf({ recipient, builder, mev }: ExecutionReward, vault: string, policy: BlockPolicy | undefined): Breach | null {
  const paid = recipient.toLowerCase();
  if (paid !== vault && mev === 0n && !policy?.feeRecipients.includes(paid)) return 'proposal.foreign_fee_recipient';
  if (builder === undefined || policy === undefined || policy.mevPolicy === 'any') return null;
  const listed = policy.mevPolicy === 'listed' && policy.builders.includes(builder.toLowerCase());
  return listed ? null : 'proposal.foreign_builder';
}
