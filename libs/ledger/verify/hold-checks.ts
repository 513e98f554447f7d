import { question, type Check } from './report.js';

export const holdChecks: readonly Check[] = [
  question(
    'holds: digests and each owner’s chain',
    'hold.chain',
    `SELECT format('hold %s %s', h.owner, h.seq) AS where, 'the digest does not fit the row or the row before it' AS detail
       FROM (SELECT h.*, row_number() OVER w place, coalesce(lag(h.digest) OVER w, ''::bytea) before FROM ledger.hold h WINDOW w AS (PARTITION BY h.owner ORDER BY h.seq)) h
      WHERE h.seq <> h.place OR h.previous <> h.before
         OR h.digest <> sha256(int4send(h.seq) || uuid_send(h.hold_id) || int4send(h.scopes) || xid8send(h.xid) || timestamptz_send(h.recorded_at) || array_send(array[
              h.previous, convert_to(h.owner, 'UTF8'), convert_to(h.action, 'UTF8'), convert_to(h.reason, 'UTF8'), convert_to(h.legal_basis, 'UTF8'), convert_to(h.actor, 'UTF8'),
              convert_to(h.role::text, 'UTF8')])) LIMIT 50`,
  ),
  question(
    'holds: a release has its placement',
    'hold.release',
    `SELECT format('hold %s', r.hold_id) AS where, 'released without a placement of the same owner, scopes and legal basis before it' AS detail
       FROM ledger.hold r LEFT JOIN ledger.hold p ON p.hold_id = r.hold_id AND p.action = 'placed' AND p.owner = r.owner AND p.seq < r.seq
      WHERE r.action <> 'placed' AND (p.scopes, p.legal_basis) IS DISTINCT FROM (r.scopes, r.legal_basis) LIMIT 50`,
  ),
  question(
    'holds: the mask on each balance',
    'balance.holds',
    `WITH open AS (
       SELECT h.owner, bit_or(h.scopes) mask FROM ledger.hold h
        WHERE h.action = 'placed' AND NOT EXISTS (SELECT FROM ledger.hold r WHERE r.hold_id = h.hold_id AND r.action = 'released') GROUP BY h.owner)
     SELECT format('balance %s', b.account_id) AS where, format('carries holds %s, open holds say %s', b.holds, CASE WHEN k.owner = 'client' THEN coalesce(o.mask, 0) ELSE 0 END) AS detail
       FROM ledger.balance b JOIN ledger.account a ON a.id = b.account_id JOIN ledger.account_kind k ON k.code = a.kind LEFT JOIN open o ON o.owner = a.owner
      WHERE b.holds <> CASE WHEN k.owner = 'client' THEN coalesce(o.mask, 0) ELSE 0 END LIMIT 50`,
  ),
];
