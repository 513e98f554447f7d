import type { ExecutionReward } from '#chains';
import { amount } from '#kernel';
import { breachOf, type BlockPolicy } from './policy.js';

const [vault, builder, other] = ['aa', 'bb', 'cc'].map((byte) => `0x${byte.repeat(20)}`) as [string, string, string];
const reward = (change: Partial<ExecutionReward> = {}): ExecutionReward => ({
  blockNumber: 1n,
  slot: 1n,
  proposerPubkey: '0x01',
  recipient: vault,
  priorityFees: amount(5n),
  mev: amount(0n),
  ...change,
});
const policy = (change: Partial<BlockPolicy> = {}): BlockPolicy => ({ feeRecipients: [], mevPolicy: 'any', builders: [], ...change });
const built = reward({ mev: amount(9n), builder });

describe('what an operator agreed to about its blocks', () => {
  it('is that they pay the vault, or an address of its own that is allowed', () => {
    expect(breachOf(reward(), vault, policy())).toBeNull();
    expect(breachOf(reward({ recipient: other }), vault, policy())).toBe('proposal.foreign_fee_recipient');
    expect(breachOf(reward({ recipient: other.toUpperCase().replace('0X', '0x') }), vault, policy({ feeRecipients: [other] }))).toBeNull();
    expect(breachOf(reward({ recipient: other }), vault, undefined)).toBe('proposal.foreign_fee_recipient');
  });

  it('is whose blocks it proposes', () => {
    expect(breachOf(built, vault, policy())).toBeNull();
    expect(breachOf(built, vault, policy({ mevPolicy: 'none' }))).toBe('proposal.foreign_builder');
    expect(breachOf(built, vault, policy({ mevPolicy: 'listed', builders: [other] }))).toBe('proposal.foreign_builder');
    expect(breachOf(built, vault, policy({ mevPolicy: 'listed', builders: [builder] }))).toBeNull();
    expect(breachOf(reward(), vault, policy({ mevPolicy: 'none' }))).toBeNull();
  });
});
