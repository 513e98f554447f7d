import { describeMachine } from '#testing';
import { applicationMachine, applicationStates, approvalGate, clientView, isEditable, type ScreeningEvidence } from './application.js';

describeMachine(applicationMachine);

/** Every path from one state to another that leaves out a third. */
function reaches(from: string, to: string, without: string): boolean {
  const seen = new Set<string>([from]);
  const open = [from];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (state === to) return true;
    for (const next of Object.values(applicationMachine.transitions[state as keyof typeof applicationMachine.transitions])) {
      if (next !== without && !seen.has(next)) {
        seen.add(next);
        open.push(next);
      }
    }
  }
  return false;
}

describe('application', () => {
  it.each(['screening', 'officer_review', 'second_review'])('cannot be approved or rejected round %s', (state) => {
    expect(reaches('draft', 'approved', state)).toBe(false);
    expect(reaches('draft', 'rejected', state)).toBe(false);
  });

  it('is screened again after information was asked for', () => {
    expect(reaches('rfi', 'officer_review', 'screening')).toBe(false);
  });

  it('looks the same to the client wherever it is on our side', () => {
    const ours = applicationStates.filter((state) => !isEditable(state) && !applicationMachine.terminal.includes(state));
    expect(ours).toEqual(['submitted', 'screening', 'officer_review', 'second_review']);
    expect(new Set(ours.map(clientView))).toEqual(new Set(['under_review']));
  });
});

describe('approval gate', () => {
  const clean: ScreeningEvidence = { outcome: 'no_hit', listVersion: 3, inputHash: 'a', matches: [] };
  const now = { inputHash: 'a', listVersion: 3 as number | null, screening: clean as ScreeningEvidence | null };
  const codeOf = (change: Partial<typeof now>): string => {
    const result = approvalGate({ ...now, ...change });
    return result.ok ? 'ok' : result.refusal.code;
  };

  it('opens for a current screening without hits, or with hits that are all cleared', () => {
    expect(codeOf({})).toBe('ok');
    expect(codeOf({ screening: { ...clean, outcome: 'hits', matches: ['false_positive', 'false_positive'] } })).toBe('ok');
  });

  it.each([
    ['no screening', { screening: null }, 'application.not_screened'],
    ['no list', { listVersion: null }, 'screening.list_missing'],
    ['a screening that failed', { screening: { ...clean, outcome: 'error' as const } }, 'application.screening_failed'],
    ['an older list', { listVersion: 4 }, 'application.screening_not_current'],
    ['other data', { inputHash: 'b' }, 'application.screening_not_current'],
    ['hits without matches', { screening: { ...clean, outcome: 'hits' as const } }, 'application.screening_failed'],
    [
      'a pending match',
      { screening: { ...clean, outcome: 'hits' as const, matches: ['false_positive', 'pending'] as const } },
      'application.matches_open',
    ],
    [
      'one person clearing',
      { screening: { ...clean, outcome: 'hits' as const, matches: ['false_positive_proposed'] as const } },
      'application.matches_open',
    ],
    [
      'a confirmed match',
      { screening: { ...clean, outcome: 'hits' as const, matches: ['false_positive', 'true_match'] as const } },
      'application.true_match',
    ],
  ])('stays shut on %s', (_name, change, code) => {
    expect(codeOf(change)).toBe(code);
  });
});
