import { standingOf } from './standing.js';

const now = new Date('2026-01-05T09:00:00.000Z');
const ago = (ms: number): Date => new Date(now.getTime() - ms);
const of = (more: Partial<Parameters<typeof standingOf>[0]> = {}) =>
  standingOf({ poolHeld: false, next: [], since: ago(1_000), now, lateAfterMs: 1_000, ...more });
const unsent = (state: string) => ({ state, sentAt: null });
const rejected = unsent('rejected');

it('a rate is current until the next report is late, to the millisecond', () => {
  expect(of()).toBe('current');
  expect(of({ since: ago(1_001) })).toBe('late');
  expect(of({ since: ago(1_001), next: [unsent('within_limits')] })).toBe('late');
  expect(of({ since: null })).toBe('current'); // nothing to report yet
});

it('it is held while people must look, and until what they agreed to goes out', () => {
  for (const state of ['held', 'approved', 'rejected']) expect(of({ next: [unsent(state)] })).toBe('held');
  expect(of({ next: [rejected, unsent('within_limits')] })).toBe('held');
  expect(of({ poolHeld: true })).toBe('held');
});

it('it is current while a report is on its way, unless nobody answers', () => {
  for (const state of ['within_limits', 'approved'])
    for (const more of [{}, { poolHeld: true }, { since: ago(5_000) }]) {
      expect(of({ next: [rejected, { state, sentAt: ago(1_000) }], ...more })).toBe('current');
      expect(of({ next: [{ state, sentAt: ago(1_001) }, rejected], ...more })).toBe('late');
    }
  expect(of({ next: [{ state: 'rejected', sentAt: ago(10) }] })).toBe('held'); // by the books
});
