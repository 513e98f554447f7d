/**
 * Entries that say what they take back, and that show an account with stripes as one: folds are left out, balance and version are of all its rows
 * together. The order, and so a cursor, is as before: (batch, item, side). Run by migration 012.
 */
const PLACE = `
  -- The balance of one row after so many of its transfers.
  CREATE FUNCTION ledger.balance_at_version(p_account bigint, p_version bigint) RETURNS numeric
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE p_version WHEN 0 THEN 0 ELSE coalesce(
      (SELECT d.debit_balance FROM ledger.decision d WHERE d.debit_account = p_account AND d.debit_version = p_version AND d.status = 0),
      (SELECT d.credit_balance FROM ledger.decision d WHERE d.credit_account = p_account AND d.credit_version = p_version AND d.status = 0)) END $$;

  -- All rows of an account (main and stripes) before a place in the ledger's order: sum of balances, number of transfers.
  CREATE FUNCTION ledger.whole_before(p_account bigint, p_batch bigint, p_item int, OUT balance numeric, OUT version bigint)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT sum(ledger.balance_at_version(s.id, v.version)), sum(v.version)::bigint
      FROM ledger.account m JOIN ledger.account s ON (s.kind, s.asset, s.owner) = (m.kind, m.asset, m.owner), LATERAL ledger.versions_before(s.id, p_batch, p_item) v(version)
     WHERE m.id = p_account $$;
`;

const leg = (mine: 'debit' | 'credit', other: 'debit' | 'credit', bound: string, order: string): string => `
        (SELECT d.batch_id, d.item, ${mine === 'debit' ? 0 : 1} side, d.kind, d.${other}_account other, d.asset, ${mine === 'debit' ? '-' : ''}d.amount change, d.${mine}_balance balance,
                d.${mine}_version version, d.reference, d.effective_at, d.key
           FROM ledger.decision d WHERE d.${mine}_account = m.id AND d.status = 0 AND d.kind <> 0 AND d.${mine}_version ${bound} ORDER BY d.${mine}_version ${order} LIMIT p_limit + 1)`;
const reading = (name: string, bound: string, compare: string, order: string): string => `
  CREATE FUNCTION ledger.${name}(p_owner text, p_kind smallint, p_asset smallint, p_limit int, p_batch bigint, p_item int, p_side int)
  RETURNS TABLE(batch_id bigint, item int, side int, transfer_kind smallint, account_kind smallint, counterpart smallint, asset smallint,
                change numeric, balance numeric, version bigint, reference uuid, effective_at timestamptz, key uuid, reversed_batch bigint, reversed_item int)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.batch_id, e.item, e.side, e.kind, e.account_kind, e.counterpart, e.asset, e.change, CASE WHEN e.striped THEN (SELECT w.balance FROM ledger.whole_before(e.account, e.batch_id, e.item + 1) w) ELSE e.balance END,
           CASE WHEN e.striped THEN (SELECT w.version FROM ledger.whole_before(e.account, e.batch_id, e.item + 1) w) ELSE e.version END, e.reference, e.effective_at, e.key,
           r.original_batch, CASE WHEN r.original_batch IS NOT NULL THEN r.original_item + (SELECT t.items FROM ledger.batch t WHERE t.id = e.batch_id) - e.item END
      -- CASE above, as a join would work the whole account out for every entry; OFFSET 0 below, or the place of the cursor were worked out for each leg
      FROM (
        SELECT e.*, m.id account, m.kind account_kind, m.striped, o.kind counterpart
          FROM (SELECT a.id, a.kind, k.stripes > 0 striped, CASE WHEN p_batch IS NULL THEN NULL ELSE ledger.versions_before(a.id, p_batch, p_item) END passed
                  FROM ledger.account a JOIN ledger.account_kind k ON k.code = a.kind WHERE a.owner = p_owner AND (p_kind IS NULL OR a.kind = p_kind) AND (p_asset IS NULL OR a.asset = p_asset) OFFSET 0) m,
          LATERAL (${leg('debit', 'credit', bound, order)}
            UNION ALL${leg('credit', 'debit', bound, order)}) e
          JOIN ledger.account o ON o.id = e.other
         WHERE p_batch IS NULL OR (e.batch_id, e.item, e.side) ${compare} (p_batch, p_item, p_side)
         ORDER BY e.batch_id ${order}, e.item ${order}, e.side ${order} LIMIT p_limit) e
      -- one row an entry at most, by the index: a join would read the whole table for a page of fifty
      LEFT JOIN LATERAL (SELECT q.original_batch, q.original_item FROM ledger.reversal q WHERE q.batch_id = e.batch_id AND q.status = 0 LIMIT 1) r ON true
     ORDER BY e.batch_id ${order}, e.item ${order}, e.side ${order} $$;
`;

export const entryFunctions: readonly string[] = [
  'DROP FUNCTION ledger.entries_before, ledger.entries_after',
  PLACE,
  reading('entries_before', '<= coalesce(m.passed + 1, 9223372036854775807)', '<', 'DESC'),
  reading('entries_after', '> coalesce(m.passed, 0)', '>', 'ASC'),
];
