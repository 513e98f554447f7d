import type { ProblemCatalogue } from '#http';

export const problems = {
  'instant.not_offered': { status: 409, title: 'This product has no instant exit.' },
} as const satisfies ProblemCatalogue;
