import { describeMachine } from '#testing';
import { type ClearanceFacts, depositMachine, reasonsForReview, releaseRoute } from './deposit.js';

describeMachine(depositMachine);

const approved = { state: 'approved', mayDeposit: true };
const clear: ClearanceFacts = { standing: approved, senderKnown: true, screening: 'no_hit', amount: 50n, limit: 50n };

describe('clearance by rule', () => {
  it('clears a known, clean sender of an approved client up to the limit', () => expect(reasonsForReview(clear)).toEqual([]));
  it.each<[string, Partial<ClearanceFacts>, string[]]>([
    ['no standing', { standing: null }, ['standing_not_approved']],
    ['an applicant', { standing: { state: 'applicant', mayDeposit: false } }, ['standing_not_approved']],
    ['a closed client', { standing: { state: 'closed', mayDeposit: false } }, ['standing_not_approved']],
    ['a held client', { standing: { state: 'restricted', mayDeposit: false } }, ['client_held']],
    ['a listed sender', { screening: 'hits' }, ['sender_listed']],
    ['a screening that failed', { screening: 'error' }, ['screening_failed']],
    ['an unknown sender', { senderKnown: false }, ['sender_unknown']],
    ['one base unit above the limit', { amount: 51n }, ['above_limit']],
    ['an asset without a limit', { limit: null }, ['no_limit_for_asset']],
    ['several', { senderKnown: false, amount: 51n, screening: 'hits' }, ['sender_listed', 'sender_unknown', 'above_limit']],
  ])('leaves it to people: %s', (_name, change, reasons) => expect(reasonsForReview({ ...clear, ...change })).toEqual(reasons));
});

describe('release by people', () => {
  const codeOf = (change: object): string => {
    const result = releaseRoute({ standing: approved, screening: 'no_hit', senderConfirmed: false, ...change });
    return result.ok ? result.value : result.refusal.code;
  };
  it('needs one for a clean sender, two for a listed one', () => {
    expect(codeOf({})).toBe('one_officer');
    expect(codeOf({ screening: 'hits' })).toBe('two_people');
    expect(codeOf({ standing: { state: 'restricted', mayDeposit: true } })).toBe('one_officer');
  });
  it.each([
    [{ standing: null }, 'deposit.standing_not_approved'],
    [{ standing: { state: 'applicant', mayDeposit: false } }, 'deposit.standing_not_approved'],
    [{ standing: { state: 'restricted', mayDeposit: false } }, 'deposit.client_held'],
    [{ screening: 'error' }, 'deposit.screening_failed'],
    [{ screening: 'hits', senderConfirmed: true }, 'deposit.sender_confirmed'],
  ])('is refused: %j', (change, code) => expect(codeOf(change)).toBe(code));
});
