import { describeMachine } from '#testing';
import {
  committedStates,
  gasToReserve,
  isOpen,
  launchedStates,
  moveTransaction,
  transactionMachine,
  unbuiltStates,
  type TransactionState,
} from './transaction.js';

describeMachine(transactionMachine);

describe('transaction', () => {
  it('has each state in exactly one of unbuilt, committed and terminal', () => {
    const all = Object.keys(transactionMachine.transitions) as TransactionState[];
    expect([...unbuiltStates, ...committedStates, ...transactionMachine.terminal].sort()).toEqual([...all].sort());
    expect(all.filter(isOpen).sort()).toEqual([...unbuiltStates, ...committedStates].sort());
  });

  it('cannot be refused once its bytes are signed', () => {
    for (const state of launchedStates)
      expect(moveTransaction(state, 'refuse')).toMatchObject({ ok: false, refusal: { code: 'transaction.forbidden_move' } });
  });

  it('reserves the worst cost, the exit fee with it, and nothing for the house', () => {
    expect(gasToReserve('sweep', 21n, 5n)).toBe(21n);
    expect(gasToReserve('exit_request', 21n, 5n)).toBe(26n);
    expect(gasToReserve('gas_top_up', 21n, 5n)).toBe(0n);
  });
});
