import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Opening accounts, and reading. An account is named by (kind, owner, asset), gets a number once and keeps it: a room may cache the number for
 * ever once the transaction that opened it has committed (`settled`).
 */
export class LedgerAccounts1764000010005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const part of [OPEN, BALANCES, ENTRIES]) await runner.query(part);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}

const OPEN = `
  -- An opening shares this lock, a hold takes it alone: so no account can be opened past a hold that is being placed.
  CREATE FUNCTION ledger.owner_lock(p_owner text) RETURNS int LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ('x' || substr(md5(p_owner), 1, 8))::bit(32)::int $$;

  -- Tells owners apart on the balance rows: two owners with one number would only be spared a check.
  CREATE FUNCTION ledger.party(p_owner text) RETURNS bigint LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ('x' || substr(md5(p_owner), 1, 16))::bit(64)::bigint $$;

  CREATE FUNCTION ledger.held_scopes(p_owner text) RETURNS int LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(bit_or(h.scopes), 0) FROM ledger.hold h
     WHERE h.owner = p_owner AND h.action = 'placed' AND NOT EXISTS (SELECT FROM ledger.hold r WHERE r.hold_id = h.hold_id AND r.action = 'released') $$;

  -- The number of each named account, opening those that do not exist yet. id is NULL where there is none and this room may not open it: no
  -- transfer kind of its own touches the account kind, the asset is not of the kind's sort, or the owner is not of the kind's form.
  CREATE FUNCTION ledger.open_accounts(p_kind smallint[], p_owner text[], p_asset smallint[]) RETURNS TABLE(id bigint, settled boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    IF EXISTS (SELECT FROM unnest(p_kind, p_owner, p_asset) q(kind, owner, asset)
               WHERE NOT EXISTS (SELECT FROM ledger.account a WHERE a.kind = q.kind AND a.asset = q.asset AND a.owner = q.owner)) THEN
      IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'accounts are opened in read committed only: an older snapshot could miss a hold' USING errcode = '25001';
      END IF;
      PERFORM pg_advisory_xact_lock_shared(7201503, l.n)
         FROM (SELECT DISTINCT ledger.owner_lock(q.owner) n FROM unnest(p_kind, p_owner) q(kind, owner) JOIN ledger.account_kind k ON k.code = q.kind AND k.owner = 'client' ORDER BY 1) l;
      WITH wanted AS (
        SELECT DISTINCT q.kind, q.owner, q.asset
          FROM unnest(p_kind, p_owner, p_asset) q(kind, owner, asset)
          JOIN ledger.account_kind k ON k.code = q.kind JOIN ledger.asset s ON s.id = q.asset AND s.kind = k.asset
         WHERE CASE WHEN k.owner IN ('client', 'wallet', 'run') THEN q.owner ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' ELSE q.owner ~ '^[!-~]{1,128}$' END
           AND EXISTS (SELECT FROM ledger.transfer_kind t WHERE t.role = session_user AND q.kind IN (t.debit_kind, t.credit_kind))
           AND NOT EXISTS (SELECT FROM ledger.account a WHERE a.kind = q.kind AND a.asset = q.asset AND a.owner = q.owner)
         ORDER BY 1, 3, 2),
      numbered AS MATERIALIZED (SELECT nextval('ledger.account_id') id, w.kind, w.asset, w.owner, now() opened_at, session_user opened_by, pg_current_xact_id() xid FROM wanted w),
      opened AS (
        INSERT INTO ledger.account(id, kind, asset, owner, opened_at, opened_by, xid, digest)
        SELECT n.*, sha256(int8send(n.id) || int2send(n.kind) || int2send(n.asset) || timestamptz_send(n.opened_at) || xid8send(n.xid) || array_send(array[convert_to(n.owner, 'UTF8'), convert_to(n.opened_by::text, 'UTF8')]))
          FROM numbered n ON CONFLICT (kind, asset, owner) DO NOTHING
        RETURNING *)
      INSERT INTO ledger.balance(account_id, kind, asset, entity, party, holds, floor, ceiling)
      SELECT o.id, o.kind, o.asset, k.entity, ledger.party(o.owner), CASE WHEN k.owner = 'client' THEN ledger.held_scopes(o.owner) ELSE 0 END, k.floor, k.ceiling
        FROM opened o JOIN ledger.account_kind k ON k.code = o.kind;
    END IF;
    RETURN QUERY SELECT a.id, a.xid IS DISTINCT FROM pg_current_xact_id_if_assigned()
      FROM unnest(p_kind, p_owner, p_asset) WITH ORDINALITY q(kind, owner, asset, o)
      LEFT JOIN ledger.account a ON a.kind = q.kind AND a.asset = q.asset AND a.owner = q.owner ORDER BY q.o;
  END $$;
`;

const BALANCES = `
  CREATE FUNCTION ledger.balance_of(p_kind smallint, p_owner text, p_asset smallint) RETURNS numeric
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT b.balance FROM ledger.account a JOIN ledger.balance b ON b.account_id = a.id WHERE a.kind = p_kind AND a.owner = p_owner AND a.asset = p_asset $$;

  CREATE FUNCTION ledger.owner_balances(p_owner text) RETURNS TABLE(kind smallint, asset smallint, balance numeric)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT b.kind, b.asset, b.balance FROM ledger.account a JOIN ledger.balance b ON b.account_id = a.id WHERE a.owner = p_owner ORDER BY b.kind, b.asset $$;

  CREATE FUNCTION ledger.balances_of_kind(p_kind smallint, p_asset smallint, p_after text, p_limit int, p_non_zero boolean) RETURNS TABLE(owner text, balance numeric)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.owner, b.balance FROM ledger.account a JOIN ledger.balance b ON b.account_id = a.id
     WHERE a.kind = p_kind AND a.asset = p_asset AND a.owner > coalesce(p_after, '') AND (NOT p_non_zero OR b.balance <> 0) ORDER BY a.owner LIMIT p_limit $$;

  CREATE FUNCTION ledger.trial_balance() RETURNS TABLE(entity smallint, kind smallint, asset smallint, balance numeric)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT b.entity, b.kind, b.asset, sum(b.balance) FROM ledger.balance b GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 $$;

  CREATE FUNCTION ledger.outcome_of(p_key uuid) RETURNS TABLE(status smallint, debit_balance numeric, credit_balance numeric)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT d.status, d.debit_balance, d.credit_balance FROM ledger.decision d WHERE d.key = p_key $$;
`;

const leg = (mine: 'debit' | 'credit', other: 'debit' | 'credit', bound: string, order: string): string => `
        (SELECT d.batch_id, d.item, ${mine === 'debit' ? 0 : 1} side, d.kind, d.${other}_account other, d.asset, ${mine === 'debit' ? '-' : ''}d.amount change, d.${mine}_balance balance,
                d.${mine}_version version, d.reference, d.effective_at, d.key
           FROM ledger.decision d WHERE d.${mine}_account = m.id AND d.status = 0 AND d.${mine}_version ${bound} ORDER BY d.${mine}_version ${order} LIMIT p_limit + 1)`;
const reading = (name: string, bound: string, compare: string, order: string): string => `
  CREATE FUNCTION ledger.${name}(p_owner text, p_kind smallint, p_asset smallint, p_limit int, p_batch bigint, p_item int, p_side int)
  RETURNS TABLE(batch_id bigint, item int, side int, transfer_kind smallint, account_kind smallint, counterpart smallint, asset smallint,
                change numeric, balance numeric, version bigint, reference uuid, effective_at timestamptz, key uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.batch_id, e.item, e.side, e.kind, m.kind, o.kind, e.asset, e.change, e.balance, e.version, e.reference, e.effective_at, e.key
      FROM (SELECT a.id, a.kind, CASE WHEN p_batch IS NULL THEN NULL ELSE ledger.versions_before(a.id, p_batch, p_item) END passed
              FROM ledger.account a WHERE a.owner = p_owner AND (p_kind IS NULL OR a.kind = p_kind) AND (p_asset IS NULL OR a.asset = p_asset)) m,
      LATERAL (${leg('debit', 'credit', bound, order)}
        UNION ALL${leg('credit', 'debit', bound, order)}) e
      JOIN ledger.account o ON o.id = e.other
     WHERE p_batch IS NULL OR (e.batch_id, e.item, e.side) ${compare} (p_batch, p_item, p_side)
     ORDER BY e.batch_id ${order}, e.item ${order}, e.side ${order} LIMIT p_limit $$;
`;

/**
 * Entries are ordered by (batch, item, side), which rises with the versions of every account. The statement indexes know versions only, so the
 * place of a cursor in another account's versions is found by bisection: a page costs the same however long the history.
 */
const ENTRIES = `
  CREATE FUNCTION ledger.versions_before(p_account bigint, p_batch bigint, p_item int) RETURNS bigint
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
  DECLARE low bigint := 0; high bigint; middle bigint; v_batch bigint; v_item int;
  BEGIN
    SELECT greatest((SELECT max(d.debit_version) FROM ledger.decision d WHERE d.debit_account = p_account AND d.status = 0),
                    (SELECT max(d.credit_version) FROM ledger.decision d WHERE d.credit_account = p_account AND d.status = 0), 0) INTO high;
    WHILE low < high LOOP -- low: versions known to be before the cursor
      middle := (low + high + 1) / 2;
      SELECT d.batch_id, d.item INTO v_batch, v_item FROM ledger.decision d WHERE d.debit_account = p_account AND d.debit_version = middle AND d.status = 0;
      IF NOT found THEN
        SELECT d.batch_id, d.item INTO v_batch, v_item FROM ledger.decision d WHERE d.credit_account = p_account AND d.credit_version = middle AND d.status = 0;
      END IF;
      IF (v_batch, v_item) < (p_batch, p_item) THEN low := middle; ELSE high := middle - 1; END IF;
    END LOOP;
    RETURN low;
  END $$;
  ${reading('entries_before', '<= coalesce(m.passed + 1, 9223372036854775807)', '<', 'DESC')}
  ${reading('entries_after', '> coalesce(m.passed, 0)', '>', 'ASC')}
`;
