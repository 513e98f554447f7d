/**
 * The digest of a batch over the rows of `alias`, as post() wrote it from the first: what folds and reversals store is verified like any batch.
 * Frozen with the migrations that use it.
 */
export const batchDigest = (alias: string): string =>
  `sha256(int8send(v_batch) || xid8send(v_xid) || int4send(count(*)::int) || timestamptz_send(v_now) || namesend(session_user) || ${[
    'item', 'key', 'request_hash', 'journal', 'status', 'kind', 'asset', 'debit_account', 'credit_account', 'amount', 'debit_balance',
    'debit_version', 'credit_balance', 'credit_version', 'effective_at', 'reference',
  ].map((column) => `array_send(array_agg(${alias}.${column} ORDER BY ${alias}.item))`).join(' || ')})`; // prettier-ignore

/** The columns of a decision in the order in which folds and reversals write them. */
export const DECISION_COLUMNS =
  'batch_id, item, journal, status, kind, debit_account, credit_account, debit_version, credit_version, effective_at, key, reference, asset, amount, debit_balance, credit_balance, request_hash';
