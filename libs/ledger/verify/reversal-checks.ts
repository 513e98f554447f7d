import { question, type Check } from './report.js';

export const reversalChecks: readonly Check[] = [
  question(
    'reversals: digests',
    'reversal.digest',
    `SELECT format('reversal %s', r.key) AS where, 'the digest does not fit the row' AS detail FROM ledger.reversal r
      WHERE r.digest IS DISTINCT FROM sha256(array_send(array[r.key, r.original, r.reference]) || int4send(r.status) || timestamptz_send(r.effective_at)
            || array_send(array[r.request_hash, convert_to(r.reason, 'UTF8'), convert_to(r.role::text, 'UTF8')])
            || array_send(array[r.original_batch, r.original_item, r.batch_id]) || xid8send(r.xid) || timestamptz_send(r.recorded_at)) LIMIT 50`,
  ),
  question(
    'reversals: at most one an original, in a batch of its own that is not reversed itself',
    'reversal.once',
    `SELECT format('batch %s item %s', r.original_batch, r.original_item) AS where, 'is reversed more than once, or is a reversal' AS detail FROM ledger.reversal r
      WHERE r.status = 0 GROUP BY r.original_batch, r.original_item
     HAVING count(*) > 1 OR EXISTS (SELECT FROM ledger.reversal o WHERE o.batch_id = r.original_batch) LIMIT 50`,
  ),
  question(
    'reversals: the whole journal, sides swapped, by its own room, of kinds that may be reversed',
    'reversal.journal',
    // stripes of an account are one account here: what a stripe took is given back by the main row
    `WITH posted AS (SELECT * FROM ledger.reversal WHERE status = 0),
     leg AS (
       SELECT d.*, p.key reversal, p.original_item + p.items - d.item undoes FROM ledger.decision d
         JOIN (SELECT p.*, b.items FROM posted p JOIN ledger.batch b ON b.id = p.batch_id) p ON p.batch_id = d.batch_id),
     original AS (
       SELECT o.*, p.key reversal FROM ledger.decision o JOIN posted p ON p.original_batch = o.batch_id AND (o.journal = p.original_item OR o.journal = 0 AND o.item = p.original_item))
     SELECT format('reversal %s', coalesce(l.reversal, o.reversal)) AS where, 'its batch does not take back exactly what its original moved' AS detail
       FROM leg l FULL JOIN original o ON o.reversal = l.reversal AND o.item = l.undoes
       LEFT JOIN ledger.transfer_kind k ON k.code = o.kind LEFT JOIN posted p ON p.key = l.reversal LEFT JOIN ledger.batch t ON t.id = l.batch_id
       LEFT JOIN ledger.account od ON od.id = o.debit_account LEFT JOIN ledger.account oc ON oc.id = o.credit_account
       LEFT JOIN ledger.account ld ON ld.id = l.debit_account LEFT JOIN ledger.account lc ON lc.id = l.credit_account
      WHERE (l.status, l.kind, l.amount, l.asset, l.effective_at, l.reference, l.request_hash, ld.kind, ld.owner, lc.kind, lc.owner, ld.stripe, lc.stripe, p.role, k.reversible)
            IS DISTINCT FROM (0, o.kind, o.amount, o.asset, p.effective_at, p.reference, p.request_hash, oc.kind, oc.owner, od.kind, od.owner, 0, 0, t.role, true)
         OR o.status <> 0
     UNION ALL
     SELECT format('reversal %s', p.key), 'its batch, or the posting that it names, does not exist' FROM posted p
      WHERE NOT EXISTS (SELECT FROM ledger.batch b WHERE b.id = p.batch_id)
         OR NOT EXISTS (SELECT FROM ledger.decision o WHERE o.key = p.original AND o.batch_id = p.original_batch AND (o.journal = p.original_item OR o.journal = 0 AND o.item = p.original_item))
     LIMIT 50`,
  ),
];
