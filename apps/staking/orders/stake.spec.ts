import { amount } from '#kernel';
import { cancellableOf, follow, type PartState } from './stake.js';

const spread = (unallocated: bigint, cancelled: bigint, ...states: PartState[]) => ({
  unallocated: amount(unallocated),
  cancelled: amount(cancelled),
  parts: states.map((state, i) => ({ state, amount: amount(BigInt(i + 1)) })),
});

describe('the state of a stake', () => {
  it('is that of its least advanced part', () => {
    expect(follow('queued', spread(1n, 0n, 'minted', 'submitted'))).toBeNull();
    expect(follow('queued', spread(0n, 0n, 'allocated', 'minted'))).toBeNull();
    expect(follow('queued', spread(0n, 0n, 'submitted', 'minted'))).toBe('submit');
    expect(follow('submitted', spread(0n, 0n, 'activating', 'minted'))).toBe('activate');
    expect(follow('activating', spread(0n, 0n, 'minted', 'minted'))).toBe('mint');
  });

  it('moves on when the part that lagged behind is cancelled or fails', () => {
    expect(follow('queued', spread(0n, 5n, 'minted'))).toBe('mint');
    expect(follow('queued', spread(0n, 5n, 'activating', 'returned'))).toBe('activate');
    expect(follow('submitted', spread(0n, 0n, 'minted', 'failed'))).toBe('mint');
  });

  it('ends cancelled or failed when nothing is left of it', () => {
    expect(follow('queued', spread(0n, 5n))).toBe('cancel');
    expect(follow('queued', spread(0n, 5n, 'returned'))).toBe('cancel');
    expect(follow('submitted', spread(0n, 0n, 'failed'))).toBe('fail');
    expect(follow('submitted', spread(0n, 5n, 'failed'))).toBe('fail'); // the rest was cancelled while this part was on its way
    expect(follow('queued', spread(0n, 5n, 'failed'))).toBe('fail');
  });

  it('can be taken back as far as custody was not asked', () => {
    expect(cancellableOf(spread(7n, 0n, 'allocated', 'submitted', 'minted'), () => true)).toBe(8n);
    expect(cancellableOf(spread(7n, 0n, 'allocated'), () => false)).toBe(7n);
    expect(cancellableOf(spread(0n, 0n, 'submitted'), () => true)).toBe(0n);
  });
});
