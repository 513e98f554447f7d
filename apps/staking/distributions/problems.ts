import type { ProblemCatalogue } from '#http';

export const problems = {
  'recovery.loss_unknown': { status: 422, title: 'There is no such loss of this pool.' },
  'recovery.incomplete': { status: 422, title: 'The sources of a recovery are not said clearly.' },
  'recovery.more_than_lost': { status: 409, title: 'More would be given back than clients lost.' },
  'recovery.more_than_there_is': { status: 409, title: 'A source does not hold so much.' },
  'recovery.changed': { status: 409, title: 'The lines are not those that were proposed.' },
} as const satisfies ProblemCatalogue;
