import type { ProblemCatalogue } from '#http';

export const problems = {
  'operator.unknown': { status: 422, title: 'There is no such operator.' },
} as const satisfies ProblemCatalogue;
