import { question, type Check } from './report.js';

export const accountChecks: readonly Check[] = [
  question(
    'accounts: digests',
    'account.digest',
    `SELECT format('account %s', a.id) AS where, 'the digest does not fit the row' AS detail FROM ledger.account a
      WHERE a.digest IS DISTINCT FROM sha256(int8send(a.id) || int2send(a.kind) || int2send(a.asset) || timestamptz_send(a.opened_at) || xid8send(a.xid)
            || array_send(array[convert_to(a.owner, 'UTF8'), convert_to(a.opened_by::text, 'UTF8')]) || CASE WHEN a.stripe <> 0 THEN int2send(a.stripe) ELSE ''::bytea END) LIMIT 50`,
  ),
  question(
    'accounts: a stripe has its main row, and its kind has stripes',
    'account.stripe',
    `SELECT format('account %s', s.id) AS where, 'is a stripe without a main row, or of a client' AS detail FROM ledger.account s
       LEFT JOIN ledger.account m ON (m.kind, m.asset, m.owner) = (s.kind, s.asset, s.owner) AND m.stripe = 0 LEFT JOIN ledger.account_kind k ON k.code = s.kind
      WHERE s.stripe <> 0 AND (s.stripe < 0 OR m.id IS NULL OR k.owner IS NOT DISTINCT FROM 'client') LIMIT 50`,
  ),
  question(
    'accounts: one balance each',
    'account.pair',
    `SELECT CASE WHEN b.account_id IS NULL THEN format('account %s', a.id) ELSE format('balance %s', b.account_id) END AS where,
            CASE WHEN b.account_id IS NULL THEN 'has no balance row' ELSE 'has no account row' END AS detail
       FROM ledger.account a FULL JOIN ledger.balance b ON b.account_id = a.id WHERE a.id IS NULL OR b.account_id IS NULL LIMIT 50`,
  ),
  question(
    'balances: kind, asset, entity, party and limits are the account’s',
    'balance.copy',
    `SELECT format('balance %s', b.account_id) AS where, 'kind, asset, entity, party, floor or ceiling is not that of the account and its kind' AS detail
       FROM ledger.balance b JOIN ledger.account a ON a.id = b.account_id LEFT JOIN ledger.account_kind k ON k.code = a.kind LEFT JOIN ledger.asset s ON s.id = a.asset
      WHERE (b.kind, b.asset, b.entity) IS DISTINCT FROM (a.kind, a.asset, k.entity) OR b.floor IS DISTINCT FROM k.floor OR b.ceiling IS DISTINCT FROM k.ceiling
         OR s.kind IS DISTINCT FROM k.asset
         OR b.party <> ('x' || substr(md5(a.owner), 1, 16))::bit(64)::bigint LIMIT 50`,
  ),
  question(
    'balances: within their limits',
    'balance.limit',
    `SELECT format('balance %s', b.account_id) AS where, format('%s is beyond what its kind allows', b.balance) AS detail
       FROM ledger.balance b JOIN ledger.account a ON a.id = b.account_id JOIN ledger.account_kind k ON k.code = a.kind
      WHERE b.balance < k.floor OR b.balance > k.ceiling OR scale(b.balance) <> 0 OR abs(b.balance) >= 1e38 LIMIT 50`,
  ),
  question(
    'balances: each entity and asset sums to zero',
    'balance.sum',
    `SELECT format('entity %s asset %s', k.entity, b.asset) AS where, format('the balances sum to %s', sum(b.balance)) AS detail
       FROM ledger.balance b JOIN ledger.account a ON a.id = b.account_id JOIN ledger.account_kind k ON k.code = a.kind GROUP BY k.entity, b.asset HAVING sum(b.balance) <> 0`,
  ),
];
