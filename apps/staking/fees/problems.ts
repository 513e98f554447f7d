import type { ProblemCatalogue } from '#http';

export const problems = {
  'fee.in_the_past': { status: 422, title: 'A fee cannot take effect in the past.' },
  'fee.later_one_set': { status: 409, title: 'A later fee has been announced already.' },
  'fee.above_standard': { status: 422, title: 'A tier cannot pay more than the standard one.' },
  'tier.unknown': { status: 422, title: 'No product has a fee for this tier.' },
  'tier.unchanged': { status: 409, title: 'The client is in this tier already.' },
  'tier.unknown_client': { status: 422, title: 'There is no such client.' },
  'dedicated.none_left': { status: 409, title: 'No further pool for one client can be opened.' },
  'dedicated.open_already': { status: 409, title: 'This client has a pool of its own already.' },
} as const satisfies ProblemCatalogue;
