import type { ProblemCatalogue } from '#http';

export const problems = {
  'exit_queue.not_published': { status: 409, title: 'The place is not published yet.', retryable: true },
  'instant.not_offered': { status: 409, title: 'This product has no instant exit.' },
} as const satisfies ProblemCatalogue;
