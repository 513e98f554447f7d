import type { ProblemCatalogue } from '#http';

export const problems = {
  'bunker.not_in': { status: 409, title: 'The pool is not paused.' },
  'bunker.already_in': { status: 409, title: 'The pool is paused already.' },
} as const satisfies ProblemCatalogue;
