import type { ProblemCatalogue } from '#http';

export const problems = {
  'operator.unknown': { status: 422, title: 'There is no such operator.' },
  'operator.forbidden_move': { status: 409, title: 'The operator is not in a state that allows this.' },
  'operator.terms_contradict': { status: 422, title: 'The terms of the operator contradict each other.' },
  'assessment.expired': { status: 422, title: 'The assessment would have expired already.' },
  'caps.malformed': { status: 422, title: 'The caps contradict each other or say nothing.' },
  'caps.unknown_pool': { status: 422, title: 'There is no such pool.' },
  'redelegation.nothing': { status: 409, title: 'Nobody holds more than the exit threshold: nothing would move.' },
} as const satisfies ProblemCatalogue;
