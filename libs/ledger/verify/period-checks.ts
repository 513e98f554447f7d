import { question, type Check } from './report.js';

/** Every transfer with the day on which it counts: its own, or the first one open when it was recorded. */
const COUNTED = `
  SELECT d.batch_id, d.debit_account, d.credit_account, d.amount, d.asset, dk.entity,
         greatest((d.effective_at AT TIME ZONE 'UTC')::date, (SELECT max(p.through) + 1 FROM ledger.period p WHERE p.entity = dk.entity AND p.cut < d.batch_id)) AS day
    FROM ledger.decision d JOIN ledger.account da ON da.id = d.debit_account JOIN ledger.account_kind dk ON dk.code = da.kind WHERE d.status = 0`;

export const periodChecks: readonly Check[] = [
  question(
    'roll-up: how far it is',
    'rollup.digest',
    `SELECT 'rollup' AS where, 'its digest does not fit, or it is ahead of the ledger' AS detail FROM ledger.rollup r
      WHERE r.digest IS DISTINCT FROM sha256(int8send(r.rolled_to) || int8send(r.fence_batch) || xid8send(r.fence_xid)) OR NOT r.only_row
         OR r.rolled_to > r.fence_batch OR r.fence_batch > (SELECT last_value FROM ledger.batch_id)
     UNION ALL SELECT 'rollup', 'is not one row' WHERE (SELECT count(*) FROM ledger.rollup) <> 1`,
  ),
  question(
    'roll-up: every day of every account',
    'rollup.day',
    `SELECT format('day_delta %s %s', coalesce(t.account_id, w.account), coalesce(t.day, w.day)) AS where, 'is not the sum of the transfers that count on this day' AS detail
       FROM ledger.day_delta t
       FULL JOIN (
         SELECT side.account, c.day, sum(side.debit) debits, sum(side.credit) credits, count(*) transfers, min(c.batch_id) first_batch, max(c.batch_id) last_batch
           FROM (${COUNTED} AND d.batch_id <= (SELECT max(rolled_to) FROM ledger.rollup)) c,
           LATERAL (VALUES (c.debit_account, c.amount, 0::numeric), (c.credit_account, 0, c.amount)) side(account, debit, credit) GROUP BY 1, 2) w
         ON w.account = t.account_id AND w.day = t.day
      WHERE (t.debits, t.credits, t.transfers, t.first_batch, t.last_batch) IS DISTINCT FROM (w.debits, w.credits, w.transfers, w.first_batch, w.last_batch) LIMIT 50`,
  ),
  question(
    'periods: digests and each entity’s chain',
    'period.chain',
    `SELECT format('period %s %s', p.entity, p.seq) AS where, 'the digest does not fit the row, its trial balance or the period before it' AS detail
       FROM (SELECT p.*, row_number() OVER w place, coalesce(lag(p.digest) OVER w, ''::bytea) before, lag(p.through) OVER w before_through, lag(p.cut) OVER w before_cut
               FROM ledger.period p WINDOW w AS (PARTITION BY p.entity ORDER BY p.seq)) p
       LEFT JOIN (SELECT l.entity, l.seq, array_send(array_agg(l.kind ORDER BY l.kind, l.asset)) || array_send(array_agg(l.asset ORDER BY l.kind, l.asset)) || array_send(array_agg(l.balance ORDER BY l.kind, l.asset)) body
                    FROM ledger.period_balance l GROUP BY 1, 2) l ON l.entity = p.entity AND l.seq = p.seq
      WHERE p.seq <> p.place OR p.previous <> p.before OR p.before_through >= p.through OR p.before_cut > p.cut
         OR p.digest <> sha256(int2send(p.entity) || int4send(p.seq) || date_send(p.through) || int8send(p.cut) || xid8send(p.xid) || timestamptz_send(p.recorded_at)
              || array_send(array[convert_to(p.closed_by, 'UTF8'), convert_to(p.role::text, 'UTF8'), p.previous, coalesce(l.body, ''::bytea)]))
     UNION ALL SELECT format('period_balance %s %s', l.entity, l.seq), 'belongs to no period' FROM ledger.period_balance l
      WHERE NOT EXISTS (SELECT FROM ledger.period p WHERE p.entity = l.entity AND p.seq = l.seq) LIMIT 50`,
  ),
  question(
    'periods: the closed trial balance is that of the transfers',
    'period.balance',
    `WITH moved AS (
       SELECT c.entity, a.kind, c.asset, c.day, c.batch_id, side.x FROM (${COUNTED}) c,
         LATERAL (VALUES (c.debit_account, -c.amount), (c.credit_account, c.amount)) side(account, x) JOIN ledger.account a ON a.id = side.account WHERE EXISTS (SELECT FROM ledger.period))
     SELECT format('period_balance %s %s kind %s asset %s', coalesce(l.entity, w.entity), coalesce(l.seq, w.seq), coalesce(l.kind, w.kind), coalesce(l.asset, w.asset)) AS where,
            format('says %s, the transfers say %s', l.balance, w.balance) AS detail
       FROM ledger.period_balance l
       FULL JOIN (SELECT p.entity, p.seq, m.kind, m.asset, sum(m.x) balance FROM ledger.period p JOIN moved m ON m.entity = p.entity AND m.batch_id <= p.cut AND m.day <= p.through GROUP BY 1, 2, 3, 4) w
         ON (w.entity, w.seq, w.kind, w.asset) = (l.entity, l.seq, l.kind, l.asset)
      WHERE l.balance IS DISTINCT FROM w.balance LIMIT 50`,
  ),
];
