import type { ProblemCatalogue } from '#http';

export const custodyProblems = {
  'custody.not_approved': { status: 403, title: 'Not approved for this.' },
  'asset.unknown': { status: 400, title: 'The asset is not held here.' },
  'address.malformed': { status: 400, title: 'The address is not well formed.' },
  'address.checksum': { status: 400, title: 'The checksum of the address is wrong.' },
  'address.own': { status: 422, title: 'The address belongs to the exchange.' },
  'address_book.changed': { status: 409, title: 'The address book changed meanwhile.', retryable: true },
  'wallet.keys_unavailable': { status: 503, title: 'Keys are not published yet.', retryable: true },
  'withdrawal.destination_not_allowed': { status: 403, title: 'The destination is not on the allow-list.' },
  'withdrawal.below_minimum': { status: 422, title: 'The amount is below the smallest withdrawal.' },
  'withdrawal.insufficient_balance': { status: 422, title: 'The available balance is too small.' },
  'withdrawal.under_review': { status: 423, title: 'Under review.', retryable: true },
  'reconciliation.no_common_height': { status: 503, title: 'Books and chain did not stand at one height in time.', retryable: true },
  'chain.unreachable': { status: 503, title: 'The chain cannot be reached.', retryable: true },
  'chain.syncing': { status: 503, title: 'The node is syncing.', retryable: true },
  'chain.stalled': { status: 503, title: 'The chain stands still.', retryable: true },
  'chain.wrong_network': { status: 503, title: 'The node is of another network.', retryable: true },
  'chain.garbage': { status: 503, title: 'The node answers what the protocol does not know.', retryable: true },
} as const satisfies ProblemCatalogue;
