import type { ProblemCatalogue } from '#http';

export const receptionProblems = {
  'key.public_key_malformed': { status: 422, title: 'This is not an Ed25519 public key.' },
  'key.public_key_taken': { status: 409, title: 'This public key is registered already.' },
  'key.scope_beyond_own': { status: 403, title: 'A key cannot give more than it has.' },
  'key.expiry_beyond_own': { status: 403, title: 'A key cannot outlive the one that makes it.' },
  'key.expiry_past': { status: 422, title: 'The key would have expired already.' },
  'key.last': { status: 409, title: 'The last key of a client cannot be revoked.' },
  'key.too_many': { status: 409, title: 'The client has as many active keys as it may have.' },
  'key.already_revoked': { status: 409, title: 'The key was revoked before.' },
  'statement.period_invalid': { status: 400, title: 'The period of the statement is not usable.' },
  'statement.too_long': { status: 422, title: 'The statement has too many lines: ask for a shorter period.' },
  'statement.month_unknown': { status: 400, title: 'This is no month.' },
  'statement.month_future': { status: 422, title: 'The month has not begun.' },
  'statement.month_not_over': { status: 422, title: 'The month is not over.' },
  'statement.month_open': { status: 409, title: 'The books of the month are not closed.', retryable: true },
  'price.currency_unknown': { status: 400, title: 'Values are not shown in this currency.' },
  'price.absent': { status: 422, title: 'There is no price.', retryable: true },
  'price.stale': { status: 422, title: 'The last price is too old.', retryable: true },
  'price.invalid': { status: 422, title: 'The last price is not usable.', retryable: true },
  'openapi.not_built': { status: 503, title: 'The API description was not built.' },
  'problems.not_built': { status: 503, title: 'The list of problems was not built.' },
} as const satisfies ProblemCatalogue;
