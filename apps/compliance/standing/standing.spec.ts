import fc from 'fast-check';
import { describeMachine } from '#testing';
import { decide, holdScopeNames, mayClose, opened, relationshipMachine, type Standing, type StandingEvent } from './standing.js';

describeMachine(relationshipMachine);

const client = '6a0f2a3e-0b53-4c8e-9b57-2f6f2d0c9a11';
const after = (standing: Standing, event: StandingEvent, held: Parameters<typeof decide>[2] = []): Standing => {
  const result = decide(standing, event, held);
  if (!result.ok) throw new Error(result.refusal.code);
  return result.value;
};

describe('standing', () => {
  it('opens denying everything', () => {
    expect(opened(client)).toMatchObject({
      version: 1,
      state: 'applicant',
      mayDeposit: false,
      mayStake: false,
      mayUnstake: false,
      mayWithdraw: false,
    });
  });

  it('grants everything on approval, and takes back what is held', () => {
    const approved = after(opened(client), 'approve');
    expect(approved).toMatchObject({
      version: 2,
      state: 'approved',
      mayDeposit: true,
      mayStake: true,
      mayUnstake: true,
      mayWithdraw: true,
    });
    const held = after(approved, 'holds_changed', ['withdraw', 'payout']);
    expect(held).toMatchObject({ version: 3, state: 'restricted', mayDeposit: true, mayWithdraw: false });
    expect(after(held, 'holds_changed', [])).toMatchObject({ version: 4, state: 'approved', mayWithdraw: true });
  });

  it('does not rise without a change that can be seen', () => {
    const approved = after(opened(client), 'approve');
    expect(after(approved, 'holds_changed', [])).toBe(approved);
    expect(after(opened(client), 'holds_changed', ['stake'])).toMatchObject({ version: 1, state: 'applicant' });
  });

  it('never approves what is closed', () => {
    const closed = after(after(opened(client), 'approve'), 'close');
    expect(closed).toMatchObject({ state: 'closed', mayUnstake: false, mayWithdraw: false });
    expect(decide(closed, 'approve', [])).toMatchObject({ ok: false, refusal: { code: 'standing.forbidden_move' } });
  });

  it('permits nothing but to the approved, and nothing that is held, whatever happens in whichever order', () => {
    const step = fc.tuple(fc.constantFrom<StandingEvent>('approve', 'close', 'holds_changed'), fc.subarray([...holdScopeNames]));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let standing = opened(client);
        for (const [event, held] of steps) {
          const result = decide(standing, event, held);
          if (!result.ok) continue;
          expect(result.value.version).toBeGreaterThanOrEqual(standing.version);
          standing = result.value;
          const may = {
            deposit: standing.mayDeposit,
            stake: standing.mayStake,
            unstake: standing.mayUnstake,
            withdraw: standing.mayWithdraw,
          };
          for (const [scope, allowed] of Object.entries(may)) {
            expect(allowed).toBe(standing.relationship === 'approved' && !held.includes(scope as (typeof held)[number]));
          }
        }
      }),
    );
  });

  it('closes only when nothing is left', () => {
    expect(mayClose([{ balance: 0n }, { balance: 0n }])).toMatchObject({ ok: true });
    expect(mayClose([{ balance: 0n }, { balance: 1n }])).toMatchObject({ ok: false, refusal: { code: 'standing.not_empty' } });
  });
});
