/**
 * Reading the ledger as statements do: by business time (what is recorded after its day was closed counts in the first open day), for many clients at once.
 * Functions of the ledger, made here because reception alone may call them.
 */

// Only accounts with a long history are worth a search for the versions that lie in the range.
const low = (batch: string): string => `CASE WHEN a.transfers <= 200 THEN 0 ELSE ledger.versions_before(a.id, ${batch}, 0) END`;
const leg = (mine: 'debit' | 'credit', other: 'debit' | 'credit'): string => `
      SELECT d.batch_id, d.item, ${mine === 'debit' ? 0 : 1} side, d.kind, d.${other}_account other, d.asset, ${mine === 'debit' ? '-' : ''}d.amount change, d.reference, d.effective_at
        FROM ledger.decision d WHERE d.${mine}_account = a.id AND d.status = 0 AND d.kind <> 0 AND d.${mine}_version > r.low AND d.${mine}_version <= r.high
         AND d.batch_id BETWEEN r.first AND r.last`;

const CLIENT_ACCOUNTS = `
        SELECT x.id, x.owner, x.kind, x.asset, k.entity, b.version transfers FROM ledger.account x JOIN ledger.account_kind k ON k.code = x.kind AND k.owner = 'client'
          JOIN ledger.balance b ON b.account_id = x.id WHERE x.owner = ANY (p_owners)`;
const SETTINGS = 'LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp';

export const ledgerLines = `
-- The entries of clients that count in [p_from, p_to), ordered by client, time, place.
CREATE FUNCTION ledger.lines_between(p_owners text[], p_from timestamptz, p_to timestamptz)
RETURNS TABLE(owner text, batch_id bigint, item int, side int, transfer_kind smallint, account_kind smallint, counterpart smallint, counterpart_owner text, asset smallint,
              change numeric, reference uuid, effective_at timestamptz, counted_at timestamptz, reversed_batch bigint, reversed_item int) ${SETTINGS} AS $$
  SELECT a.owner, e.batch_id, e.item, e.side, e.kind, a.kind, o.kind, o.owner, e.asset, e.change, e.reference, e.effective_at, c.at,
         v.original_batch, CASE WHEN v.original_batch IS NOT NULL THEN v.original_item + (SELECT t.items FROM ledger.batch t WHERE t.id = e.batch_id) - e.item END
    FROM (${CLIENT_ACCOUNTS} OFFSET 0) a CROSS JOIN ledger.rollup u,
    -- what is rolled up lies where the days of the range say, what is not lies behind
    LATERAL (
      SELECT q.first, q.last, ${low('q.first')} low, CASE WHEN a.transfers <= 200 THEN a.transfers ELSE ledger.versions_before(a.id, q.last + 1, 0) END high
        FROM (SELECT min(t.first_batch) first, max(t.last_batch) last FROM ledger.day_delta t
               WHERE t.account_id = a.id AND t.day BETWEEN ledger.day_of(p_from) AND ledger.day_of(p_to)) q WHERE q.first IS NOT NULL
      UNION ALL SELECT u.rolled_to + 1, 9223372036854775806, ${low('u.rolled_to + 1')}, a.transfers
       WHERE a.transfers > coalesce((SELECT sum(t.transfers) FROM ledger.day_delta t WHERE t.account_id = a.id), 0)) r,
    LATERAL (${leg('debit', 'credit')}
      UNION ALL${leg('credit', 'debit')}) e,
    LATERAL (SELECT ledger.business_at(a.entity, e.batch_id, e.effective_at) at) c
    JOIN ledger.account o ON true
    LEFT JOIN LATERAL (SELECT q.original_batch, q.original_item FROM ledger.reversal q WHERE q.batch_id = e.batch_id AND q.status = 0 LIMIT 1) v ON true
   WHERE o.id = e.other AND c.at >= p_from AND c.at < p_to
   ORDER BY a.owner COLLATE "C", c.at, e.batch_id, e.item, e.side $$;

-- The balances of clients before a time, zeros too.
CREATE FUNCTION ledger.balances_before(p_owners text[], p_at timestamptz) RETURNS TABLE(owner text, kind smallint, asset smallint, balance numeric) ${SETTINGS} AS $$
  SELECT a.owner, a.kind, a.asset, coalesce(d.sum, 0)
       + CASE WHEN p_at > ledger.start_of(ledger.day_of(p_at)) AND d.today IS NOT NULL
              THEN ledger.changes_counted(a.id, a.entity, d.today - 1, d.today_last, ledger.start_of(ledger.day_of(p_at)), p_at - interval '1 microsecond') ELSE 0 END
       + CASE WHEN a.transfers > coalesce(d.transfers, 0) THEN ledger.changes_counted(a.id, a.entity, u.rolled_to, 9223372036854775806, '-infinity', p_at - interval '1 microsecond') ELSE 0 END
    FROM (${CLIENT_ACCOUNTS} OFFSET 0) a CROSS JOIN ledger.rollup u,
    LATERAL (SELECT sum(t.credits - t.debits) FILTER (WHERE t.day < ledger.day_of(p_at)) sum, sum(t.transfers) transfers,
                    min(t.first_batch) FILTER (WHERE t.day = ledger.day_of(p_at)) today, max(t.last_batch) FILTER (WHERE t.day = ledger.day_of(p_at)) today_last
               FROM ledger.day_delta t WHERE t.account_id = a.id) d $$;

-- How many entries of clients are rolled up in each day of [p_from, p_to].
CREATE FUNCTION ledger.line_days(p_owners text[], p_from date, p_to date) RETURNS TABLE(owner text, day date, lines bigint) ${SETTINGS} AS $$
  SELECT a.owner, t.day, sum(t.transfers)::bigint FROM (${CLIENT_ACCOUNTS}) a JOIN ledger.day_delta t ON t.account_id = a.id
   WHERE t.day BETWEEN p_from AND p_to GROUP BY 1, 2 ORDER BY a.owner COLLATE "C", t.day $$;

-- How far the books of a client are: the same number means that nothing was recorded in between.
CREATE FUNCTION ledger.position_of(p_owner text) RETURNS numeric ${SETTINGS} AS $$
  SELECT coalesce(sum(b.version), 0) FROM ledger.account x JOIN ledger.account_kind k ON k.code = x.kind AND k.owner = 'client'
    JOIN ledger.balance b ON b.account_id = x.id WHERE x.owner = p_owner $$;

REVOKE ALL ON FUNCTION ledger.lines_between, ledger.balances_before, ledger.line_days, ledger.position_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.lines_between, ledger.balances_before, ledger.line_days, ledger.position_of TO bailee_reception;
`;
