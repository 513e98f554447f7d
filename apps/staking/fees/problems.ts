import type { ProblemCatalogue } from '#http';

export const problems = {
  'fee.not_in_force_yet': { status: 409, title: 'A later schedule is set already.' },
} as const satisfies ProblemCatalogue;
