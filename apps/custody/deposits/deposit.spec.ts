import { describeMachine } from '#testing';
import { depositId, depositMachine, shownState } from './deposit.js';

describeMachine(depositMachine);

describe('deposit', () => {
  it('has one id for a transaction and an address', () => {
    const a = depositId('ethereum', '0x01', '0xaa');
    expect(depositId('ethereum', '0x01', '0xaa')).toBe(a);
    expect(
      new Set([a, depositId('ethereum', '0x01', '0xab'), depositId('ethereum', '0x02', '0xaa'), depositId('other', '0x01', '0xaa')]).size,
    ).toBe(4);
  });

  it('does not tell a client of a hold', () => {
    expect(shownState('held')).toBe('suspense');
  });
});
