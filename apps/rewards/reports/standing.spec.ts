import { standingOf } from './standing.js';

const now = new Date('2026-01-05T09:00:00.000Z');
const ago = (ms: number): Date => new Date(now.getTime() - ms);
const of = (more: Partial<Parameters<typeof standingOf>[0]> = {}) =>
  standingOf({ poolHeld: false, next: { states: [] }, since: ago(1_000), now, lateAfterMs: 1_000, ...more });

it('a rate is current until the next report is late, to the millisecond', () => {
  expect(of()).toBe('current');
  expect(of({ since: ago(1_001) })).toBe('late');
  expect(of({ since: null })).toBe('current'); // nothing to report yet
  expect(of({ since: ago(1_001), next: { states: ['within_limits'] } })).toBe('late'); // sent, and not applied
});

it('it is held while people must look, and until what they agreed to is applied', () => {
  for (const state of ['held', 'approved', 'rejected']) expect(of({ next: { states: [state] } })).toBe('held');
  expect(of({ next: { states: ['rejected', 'within_limits'] } })).toBe('held');
  expect(of({ poolHeld: true })).toBe('held');
  expect(of({ next: { states: ['within_limits'] } })).toBe('current');
});
