import type { ProblemCatalogue } from '#http';

/** What this room may refuse. */
export const problems = {
  'report.forbidden_move': { status: 409, title: 'The report is not in a state that allows this.' },
  'report.already_approved': { status: 409, title: 'You have approved this report already; another person must.' },
  'report.changed': { status: 409, title: 'The report is not the one that you saw.' },
  'payout_run.forbidden_move': { status: 409, title: 'The payout run is not in a state that allows this.' },
  'payout_run.open': { status: 409, title: 'A payout run of this pool is under way.', retryable: true },
  'payout_run.report_held': { status: 409, title: 'A report of this pool waits for approval; payouts wait with it.', retryable: true },
  'payout_run.nothing_collected': { status: 409, title: 'No collected rewards are there to be paid.', retryable: true },
  'payout_run.same_person': { status: 403, title: 'Who planned a payout run may not release it.' },
  'payout_run.changed': { status: 409, title: 'The dry run is not the one that you saw.' },
  'payout_run.not_verified': { status: 409, title: 'The second worker has not agreed to the dry run yet.', retryable: true },
  'payout_run.not_a_payout_pool': { status: 409, title: 'This pool pays nothing out: its shares gain in value.' },
  'payout_run.pools_share_an_account': { status: 409, title: 'Two pools would pay out of one account of a client.', retryable: true },
  'payout_schedule.bad_cron': { status: 400, title: 'That is no cron expression of five fields.' },
  'payout_schedule.bad_time_zone': { status: 400, title: 'That is no time zone of the IANA database.' },
  'payout_schedule.never': { status: 400, title: 'The schedule never comes.' },
  'payout_schedule.overlaps_itself': { status: 400, title: 'Two occurrences of the schedule are closer than a run may take.' },
  'payout_schedule.changed': { status: 409, title: 'The schedule is not the one that you looked at.' },
  'payout_schedule.change_open': { status: 409, title: 'Another change of this schedule waits for a decision.', retryable: true },
  'payout_schedule.same_person': { status: 403, title: 'Who proposed a change of a schedule may not approve it.' },
  'payout_schedule_change.forbidden_move': { status: 409, title: 'The change has been decided already.' },
  'preference.unknown_asset': { status: 400, title: 'No product pays this asset out.' },
  'preference.product_missing': { status: 400, title: 'A product is needed to restake, and only then.' },
  'preference.product_unknown': { status: 400, title: 'There is no such product of this asset.' },
  'preference.changed': { status: 409, title: 'Your preference is not the one that you looked at.' },
} as const satisfies ProblemCatalogue;
