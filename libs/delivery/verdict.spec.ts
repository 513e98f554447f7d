import { Fault, InvariantBroken } from '#kernel';
import { verdict } from './verdict.js';

const patience = { maxAttempts: 3, firstDelayMs: 100, longestDelayMs: 1_000 };

describe('what becomes of a delivery that failed', () => {
  it('never gives up on a retryable fault, and waits longer each time up to a limit', () => {
    const fault = new Fault('node.away', 'no answer', true);
    expect([0, 1, 2, 3, 50].map((failures) => verdict(fault, failures, patience, 1))).toEqual(
      [100, 200, 400, 800, 1_000].map((delayMs) => ({ dead: false, delayMs, error: 'Fault: node.away no answer' })),
    );
    expect(verdict(fault, 3, patience, 0).delayMs).toBe(400);
  });

  it('lays aside what nothing explains after the last attempt, a fault that will not pass too', () => {
    for (const error of [new Error('what'), new Fault('no.way', 'for good', false), 'thrown text']) {
      expect([0, 1, 2].map((failures) => verdict(error, failures, patience, 0).dead)).toEqual([false, false, true]);
    }
  });

  it('lays a broken invariant aside at once', () => {
    expect(verdict(new InvariantBroken('books.wrong', { by: 1 }), 0, patience, 0)).toEqual({
      dead: true,
      delayMs: 0,
      error: 'InvariantBroken: books.wrong books.wrong {"by":1}',
    });
  });

  it('does not count it against a message that the database went away', () => {
    const lost = Object.assign(new Error('terminating connection'), { driverError: { code: '57P01' } });
    for (const error of [
      lost,
      Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
      new Error('Connection terminated unexpectedly'),
    ]) {
      expect(verdict(error, 99, patience, 0).dead).toBe(false);
    }
  });
});
