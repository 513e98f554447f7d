import type { ProblemCatalogue } from '#http';

/** What this room may refuse. */
export const problems = {
  'report.forbidden_move': { status: 409, title: 'The report is not in a state that allows this.' },
  'report.already_approved': { status: 409, title: 'You have approved this report already; another person must.' },
  'payout_run.forbidden_move': { status: 409, title: 'The payout run is not in a state that allows this.' },
  'payout_run.open': { status: 409, title: 'A payout run of this pool is under way.', retryable: true },
  'payout_run.report_held': { status: 409, title: 'A report of this pool waits for approval; payouts wait with it.', retryable: true },
  'payout_run.nothing_collected': { status: 409, title: 'No collected rewards are there to be paid.', retryable: true },
  'payout_run.same_person': { status: 403, title: 'Who planned a payout run may not release it.' },
  'payout_run.changed': { status: 409, title: 'The dry run is not the one that you saw.' },
} as const satisfies ProblemCatalogue;
