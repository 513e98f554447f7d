import { describeMachine } from '#testing';
import { mayDecide, proposalOf, unattributedMachine, type Wish } from './unattributed.js';

describeMachine(unattributedMachine);

const HASH = `0x${'aa'.repeat(32)}`;
const shown = { sender: '0x01', transactionHash: HASH };
const hidden = { sender: null, transactionHash: null };
const code = (item: typeof shown | typeof hidden, wish: Omit<Wish, 'reason'>): string | null => {
  const proposal = proposalOf(item, { ...wish, reason: 'because' });
  return proposal.ok ? null : proposal.refusal.code;
};

describe('a proposal', () => {
  it('takes what the chain shows', () => {
    expect(proposalOf(shown, { to: 'client', clientId: 'c', reason: 'r' })).toEqual({
      ok: true,
      value: { to: 'client', clientId: 'c', sender: '0x01', transactionHash: HASH, reason: 'r' },
    });
    expect(proposalOf(shown, { to: 'sender', reason: 'r' })).toEqual({ ok: true, value: { to: 'sender', address: '0x01', reason: 'r' } });
    expect(proposalOf(hidden, { to: 'pool', poolId: 'p', reason: 'r' })).toEqual({
      ok: true,
      value: { to: 'pool', poolId: 'p', reason: 'r' },
    });
  });

  it('may be for what bears losses, makes them good or pays instant exits: whoever sent it', () => {
    for (const to of ['cover_fund', 'first_loss'] as const)
      expect(proposalOf(hidden, { to, reason: 'r' })).toEqual({ ok: true, value: { to, reason: 'r' } });
    for (const to of ['recovery', 'instant_buffer'] as const) {
      expect(proposalOf(hidden, { to, poolId: 'p', reason: 'r' })).toEqual({ ok: true, value: { to, poolId: 'p', reason: 'r' } });
      expect(code(hidden, { to })).toBe('unattributed.incomplete');
    }
    const bond = { to: 'operator_bond', operatorId: 'o', reason: 'r' } as const;
    expect(proposalOf(shown, bond)).toEqual({ ok: true, value: bond });
    expect(code(shown, { to: 'operator_bond' })).toBe('unattributed.incomplete');
  });

  it('cannot say otherwise, and must say what the chain does not show', () => {
    expect(code(shown, { to: 'sender', sender: '0x02' })).toBe('unattributed.evidence_differs');
    expect(code(shown, { to: 'client', clientId: 'c', transactionHash: `0x${'bb'.repeat(32)}` })).toBe('unattributed.evidence_differs');
    expect(code(hidden, { to: 'sender' })).toBe('unattributed.evidence_missing');
    expect(code(hidden, { to: 'client', clientId: 'c' })).toBe('unattributed.evidence_missing');
    expect(code(hidden, { to: 'client', clientId: 'c', sender: '0x02' })).toBe('unattributed.evidence_missing');
    expect(code(hidden, { to: 'client', clientId: 'c', sender: '0x02', transactionHash: HASH })).toBeNull();
    expect(code(shown, { to: 'client' })).toBe('unattributed.incomplete');
    expect(code(hidden, { to: 'pool' })).toBe('unattributed.incomplete');
  });

  it('is decided by another person', () => {
    expect(mayDecide('a', 'a')).toMatchObject({ ok: false, refusal: { code: 'unattributed.maker_is_checker' } });
    expect(mayDecide('a', 'b')).toMatchObject({ ok: true });
  });
});
