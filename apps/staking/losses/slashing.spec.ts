import { amount } from '#kernel';
import { isBeyond } from './bunker.js';
import { isOut, slashedAt } from './slashing.js';

const network = { secondsPerSlot: 12, slotsPerEpoch: 32, genesisForkVersion: '0x00000000', shardCommitteePeriod: 256 };
const now = new Date('2026-03-01T12:00:00Z');
const checkpoint = { epoch: 1_000n, slot: 32_000n, blockRoot: '0x', block: { number: 1n, hash: '0x', time: now } };
const outlook = (epoch: bigint, window = 8_192n) => ({
  pubkey: '0x',
  immediate: amount(1n),
  correlation: amount(1n),
  correlationEpoch: epoch + window / 2n,
  withdrawableEpoch: epoch + window,
});

describe('a slashing', () => {
  it('happened at the epoch that its penalties are counted from', () => {
    expect(slashedAt(outlook(990n), checkpoint, network)).toEqual(new Date(now.getTime() - 10 * 32 * 12_000));
    expect(slashedAt(outlook(999n, 64n), checkpoint, network)).toEqual(new Date(now.getTime() - 32 * 12_000));
  });

  it('did not happen after the checkpoint that shows it', () => {
    expect(slashedAt(outlook(1_000n), checkpoint, network)).toEqual(now);
    expect(slashedAt(outlook(2_000n), checkpoint, network)).toEqual(now);
  });

  it('takes a validator out of allocation', () => {
    expect((['active', 'exiting', 'slashed', 'withdrawn'] as const).filter((state) => isOut({ state }))).toEqual(['slashed', 'withdrawn']);
  });
});

it('is much where it is more than the share, not as much', () => {
  expect([99n, 100n, 101n].map((loss) => isBeyond(amount(loss), amount(10_000n), 100))).toEqual([false, false, true]);
  expect(isBeyond(amount(1n), amount(0n), 10_000)).toBe(true);
});
