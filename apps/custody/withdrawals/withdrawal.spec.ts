import { amount } from '#kernel';
import { describeMachine } from '#testing';
import { decideAmount, withdrawalMachine } from './withdrawal.js';

describeMachine(withdrawalMachine);

describe('the amount of a withdrawal', () => {
  it('is what was asked, or all there is', () => {
    expect(decideAmount(amount(50n), 50n, 10n)).toEqual({ ok: true, value: 50n });
    expect(decideAmount('max', 77n, 10n)).toEqual({ ok: true, value: 77n });
  });

  it('refuses dust and what is not there', () => {
    expect(decideAmount(amount(9n), 50n, 10n)).toMatchObject({
      refusal: { code: 'withdrawal.below_minimum', facts: { minimum_atomic: '10' } },
    });
    expect(decideAmount(amount(0n), 50n, 10n)).toMatchObject({ refusal: { code: 'withdrawal.below_minimum' } });
    expect(decideAmount('max', 9n, 10n)).toMatchObject({ refusal: { code: 'withdrawal.below_minimum' } });
    expect(decideAmount(amount(51n), 50n, 10n)).toMatchObject({ refusal: { code: 'withdrawal.insufficient_balance' } });
  });
});
