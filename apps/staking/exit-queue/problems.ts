import type { ProblemCatalogue } from '#http';

export const problems = {
  'exit_queue.not_published': { status: 409, title: 'The place is not published yet.', retryable: true },
  'instant.not_offered': { status: 409, title: 'This product has no instant exit.' },
  'instant.paused': { status: 409, title: 'Instant exits of this pool are paused.', retryable: true },
  'instant.rate_not_current': { status: 409, title: 'There is no rate to trade on now.', retryable: true },
  'instant.report_due': { status: 409, title: 'A report is due.', retryable: true },
  'instant.buffer_too_small': { status: 409, title: 'The instant buffer does not hold so much.', retryable: true },
  'instant.moved': { status: 409, title: 'It would pay less than the least accepted.', retryable: true },
  'instant.terms_impossible': { status: 422, title: 'These terms contradict themselves.' },
} as const satisfies ProblemCatalogue;
