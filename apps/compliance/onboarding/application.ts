/**
 * The onboarding case, from draft to answer. Screening and two people stand between a draft and an approval, and no transition leads
 * round them.
 */
import { type Machine, machine, ok, refuse, type Result } from '#kernel';
import type { MatchState } from '../screening/match.js';

export const applicationStates = [
  'draft',
  'submitted',
  'screening',
  'officer_review',
  'rfi',
  'second_review',
  'approved',
  'rejected',
] as const;
export type ApplicationState = (typeof applicationStates)[number];
export type ApplicationEvent =
  'submit' | 'screen' | 'screened' | 'ask' | 'propose' | 'send_back' | 'confirm_approval' | 'confirm_rejection';

export const applicationMachine: Machine<ApplicationState, ApplicationEvent> = machine({
  name: 'application',
  initial: 'draft',
  terminal: ['approved', 'rejected'],
  transitions: {
    draft: { submit: 'submitted' },
    submitted: { screen: 'screening' },
    screening: { screened: 'officer_review' },
    officer_review: { ask: 'rfi', propose: 'second_review' },
    rfi: { submit: 'submitted' },
    second_review: { send_back: 'officer_review', confirm_approval: 'approved', confirm_rejection: 'rejected' },
    approved: {},
    rejected: {},
  },
});

/** While it is in the client's hands, its data may be changed. */
export const isEditable = (state: ApplicationState): boolean => state === 'draft' || state === 'rfi';

export type ClientView = 'draft' | 'under_review' | 'information_requested' | 'approved' | 'rejected';

/** What the client sees: one word for everything that happens on our side, so that a hit looks like a routine check. */
export function clientView(state: ApplicationState): ClientView {
  switch (state) {
    case 'draft':
    case 'approved':
    case 'rejected':
      return state;
    case 'rfi':
      return 'information_requested';
    default:
      return 'under_review';
  }
}

/** The newest screening of an application, as far as the gate looks at it. */
export interface ScreeningEvidence {
  readonly outcome: 'no_hit' | 'hits' | 'error';
  readonly listVersion: number;
  readonly inputHash: string;
  readonly matches: readonly MatchState[];
}

/**
 * May this application be approved? Only on a screening that ran without error, against the list in force, over the data as it is now,
 * with every hit found by two people to be someone else. Whatever is missing or unknown refuses.
 */
export function approvalGate(now: { inputHash: string; listVersion: number | null; screening: ScreeningEvidence | null }): Result<void> {
  const { screening } = now;
  if (now.listVersion === null) return refuse('screening.list_missing', 'No screening list is in force.');
  if (!screening) return refuse('application.not_screened', 'There is no screening result for this application.');
  if (screening.outcome === 'error') return refuse('application.screening_failed', 'The newest screening ended in an error.');
  if (screening.listVersion !== now.listVersion || screening.inputHash !== now.inputHash) {
    return refuse('application.screening_not_current', 'The screening result is older than the list or the data.', {
      screened_with: screening.listVersion,
      in_force: now.listVersion,
    });
  }
  if (screening.matches.includes('true_match')) {
    return refuse('application.true_match', 'A match of this application was confirmed: it can only be rejected.');
  }
  if (screening.outcome === 'hits' && screening.matches.length === 0) {
    return refuse('application.screening_failed', 'The newest screening has hits without matches.');
  }
  if (screening.matches.some((state) => state !== 'false_positive')) {
    return refuse('application.matches_open', 'A match of this application waits for its resolution by two people.');
  }
  return ok(undefined);
}
