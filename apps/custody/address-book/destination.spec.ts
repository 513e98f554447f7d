import { describeMachine } from '#testing';
import { destinationMachine, mayReceive } from './destination.js';

describeMachine(destinationMachine);

describe('a destination', () => {
  const now = new Date('2026-01-05T09:00:00.000Z');
  it('may receive when listed and cooled down', () => {
    expect(mayReceive({ state: 'listed', usableAt: now }, now).ok).toBe(true);
  });
  it('may not when unknown, removed or too young', () => {
    const code = 'withdrawal.destination_not_allowed';
    expect(mayReceive(null, now)).toMatchObject({ refusal: { code } });
    expect(mayReceive({ state: 'removed', usableAt: now }, now)).toMatchObject({ refusal: { code } });
    expect(mayReceive({ state: 'listed', usableAt: new Date(now.getTime() + 1) }, now)).toMatchObject({
      refusal: { code, facts: { usable_at: '2026-01-05T09:00:00.001Z' } },
    });
  });
});
