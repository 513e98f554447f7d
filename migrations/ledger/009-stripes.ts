import type { MigrationInterface, QueryRunner } from 'typeorm';
import { batchDigest, DECISION_COLUMNS } from './digest.js';

/**
 * Stripes: rows beside an account's main one (stripe 0) for movements that can never be refused for want of money, so that they do not queue on each
 * other. What needs the whole balance folds the stripes into the main row first, under locks, so nothing is refused that the account can bear.
 * A fold is a transfer of kind 0 between rows of one account: it is replayed, digested and verified like any other.
 */
export class LedgerStripes1764000010009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const part of [TABLES, OPEN, FOLD, BALANCES]) await runner.query(part);
    await runner.query('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC');
    for (const name of ['open_stripes', 'post_folding', 'fold_stripes'])
      await runner.query(`GRANT EXECUTE ON FUNCTION ledger.${name} TO bailee_custody, bailee_staking, bailee_rewards`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}

const TABLES = `
  ALTER TABLE ledger.account ADD COLUMN stripe smallint NOT NULL DEFAULT 0;
  ALTER TABLE ledger.account DROP CONSTRAINT account_kind_asset_owner_key;
  ALTER TABLE ledger.account ADD CONSTRAINT account_name UNIQUE (kind, asset, owner, stripe);
  CREATE INDEX account_stripe ON ledger.account(id) WHERE stripe > 0;
`;

const OPEN = `
  -- open_accounts() for accounts that may be stripes. All rows of an account are opened at once, so whoever sees the account sees all that a fold must lock.
  -- The digest of a stripe's row covers its number.
  CREATE FUNCTION ledger.open_stripes(p_kind smallint[], p_owner text[], p_asset smallint[], p_stripe smallint[]) RETURNS TABLE(id bigint, settled boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    IF EXISTS (SELECT FROM unnest(p_kind, p_owner, p_asset, p_stripe) q(kind, owner, asset, stripe)
               WHERE NOT EXISTS (SELECT FROM ledger.account a WHERE a.kind = q.kind AND a.asset = q.asset AND a.owner = q.owner AND a.stripe = q.stripe)) THEN
      IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'accounts are opened in read committed only: an older snapshot could miss a hold' USING errcode = '25001';
      END IF;
      PERFORM pg_advisory_xact_lock_shared(7201503, l.n)
         FROM (SELECT DISTINCT ledger.owner_lock(q.owner) n FROM unnest(p_kind, p_owner) q(kind, owner) JOIN ledger.account_kind k ON k.code = q.kind AND k.owner = 'client' ORDER BY 1) l;
      WITH wanted AS (
        SELECT DISTINCT q.kind, q.owner, q.asset, n::smallint stripe
          FROM unnest(p_kind, p_owner, p_asset) q(kind, owner, asset)
          JOIN ledger.account_kind k ON k.code = q.kind JOIN ledger.asset s ON s.id = q.asset AND s.kind = k.asset, generate_series(0, k.stripes) n
         WHERE CASE WHEN k.owner IN ('client', 'wallet', 'run') THEN q.owner ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' ELSE q.owner ~ '^[!-~]{1,128}$' END
           AND EXISTS (SELECT FROM ledger.transfer_kind t WHERE t.role = session_user AND q.kind IN (t.debit_kind, t.credit_kind))
           AND NOT EXISTS (SELECT FROM ledger.account a WHERE a.kind = q.kind AND a.asset = q.asset AND a.owner = q.owner AND a.stripe = n)
         ORDER BY 1, 3, 2, 4),
      numbered AS MATERIALIZED (SELECT nextval('ledger.account_id') id, w.kind, w.asset, w.owner, now() opened_at, session_user opened_by, pg_current_xact_id() xid, w.stripe FROM wanted w),
      opened AS (
        INSERT INTO ledger.account(id, kind, asset, owner, opened_at, opened_by, xid, stripe, digest)
        SELECT n.*, sha256(int8send(n.id) || int2send(n.kind) || int2send(n.asset) || timestamptz_send(n.opened_at) || xid8send(n.xid) || array_send(array[convert_to(n.owner, 'UTF8'), convert_to(n.opened_by::text, 'UTF8')])
                           || CASE WHEN n.stripe > 0 THEN int2send(n.stripe) ELSE ''::bytea END)
          FROM numbered n ON CONFLICT (kind, asset, owner, stripe) DO NOTHING
        RETURNING *)
      INSERT INTO ledger.balance(account_id, kind, asset, entity, party, holds, floor, ceiling)
      SELECT o.id, o.kind, o.asset, k.entity, ledger.party(o.owner), CASE WHEN k.owner = 'client' THEN ledger.held_scopes(o.owner) ELSE 0 END, k.floor, k.ceiling
        FROM opened o JOIN ledger.account_kind k ON k.code = o.kind;
    END IF;
    RETURN QUERY SELECT a.id, a.xid IS DISTINCT FROM pg_current_xact_id_if_assigned()
      FROM unnest(p_kind, p_owner, p_asset, p_stripe) WITH ORDINALITY q(kind, owner, asset, stripe, o)
      LEFT JOIN ledger.account a ON a.kind = q.kind AND a.asset = q.asset AND a.owner = q.owner AND a.stripe = q.stripe ORDER BY q.o;
  END $$;

  CREATE OR REPLACE FUNCTION ledger.open_accounts(p_kind smallint[], p_owner text[], p_asset smallint[]) RETURNS TABLE(id bigint, settled boolean)
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.id, o.settled FROM ledger.open_stripes(p_kind, p_owner, p_asset, array_fill(0::smallint, array[cardinality(p_kind)])) o $$;
`;

const FOLD = `
  -- Main rows and stripes of these accounts, with whatever else the caller will move: all in account order, as post() locks.
  CREATE FUNCTION ledger.lock_whole(p_main bigint[], p_also bigint[]) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    PERFORM FROM ledger.balance b
      WHERE b.account_id = ANY (array(SELECT s.id FROM ledger.account m JOIN ledger.account s ON (s.kind, s.asset, s.owner) = (m.kind, m.asset, m.owner) WHERE m.id = ANY (p_main)) || p_also)
      ORDER BY b.account_id FOR NO KEY UPDATE;
  END $$;

  -- Moves what the stripes of these main rows hold into them, as one batch of kind 0. Returns how many stripes were emptied.
  CREATE FUNCTION ledger.fold(p_main bigint[]) RETURNS int LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  DECLARE v_batch bigint; v_xid xid8 := pg_current_xact_id(); v_now timestamptz; v_items int; v_emptied int; v_digest bytea;
  BEGIN
    PERFORM ledger.lock_whole(p_main, '{}');
    IF NOT EXISTS (SELECT FROM ledger.account m JOIN ledger.account s ON (s.kind, s.asset, s.owner) = (m.kind, m.asset, m.owner) AND s.stripe > 0
                     JOIN ledger.balance b ON b.account_id = s.id AND b.balance <> 0 WHERE m.id = ANY (p_main) AND m.stripe = 0) THEN RETURN 0; END IF;
    v_batch := nextval('ledger.batch_id'); v_now := clock_timestamp();
    WITH source AS (
      SELECT m.id main, s.id stripe, m.asset, k.side = 'liability' owed, sb.balance held, sb.version + 1 stripe_version, mb.version + row_number() OVER w main_version,
             mb.balance + sum(sb.balance) OVER w main_balance, sha256(convert_to('fold ' || s.id || ' ' || sb.version, 'UTF8')) hash
        FROM ledger.account m JOIN ledger.account_kind k ON k.code = m.kind JOIN ledger.account s ON (s.kind, s.asset, s.owner) = (m.kind, m.asset, m.owner) AND s.stripe > 0
        JOIN ledger.balance sb ON sb.account_id = s.id AND sb.balance <> 0 JOIN ledger.balance mb ON mb.account_id = m.id
       WHERE m.id = ANY (p_main) AND m.stripe = 0 WINDOW w AS (PARTITION BY m.id ORDER BY s.id)),
    -- what would carry the main row past the largest number of the ledger stays where it is
    leg AS MATERIALIZED (SELECT s.*, row_number() OVER (ORDER BY s.main, s.stripe)::int item, encode(substr(s.hash, 1, 16), 'hex')::uuid key FROM source s WHERE abs(s.main_balance) < 1e38),
    emptied AS (UPDATE ledger.balance b SET balance = 0, version = l.stripe_version FROM leg l WHERE b.account_id = l.stripe AND b.version = l.stripe_version - 1 RETURNING 1),
    filled AS (UPDATE ledger.balance b SET balance = l.main_balance, version = l.main_version
                 FROM (SELECT DISTINCT ON (main) * FROM leg ORDER BY main, item DESC) l WHERE b.account_id = l.main),
    stored AS (
      INSERT INTO ledger.decision(${DECISION_COLUMNS})
      SELECT v_batch, l.item, 0, 0, 0, CASE WHEN owed THEN stripe ELSE main END, CASE WHEN owed THEN main ELSE stripe END, CASE WHEN owed THEN stripe_version ELSE main_version END,
             CASE WHEN owed THEN main_version ELSE stripe_version END, v_now, l.key, l.key, l.asset, abs(l.held), CASE WHEN owed THEN 0 ELSE main_balance END, CASE WHEN owed THEN main_balance ELSE 0 END, l.hash
        FROM leg l ORDER BY l.key RETURNING *)
    SELECT count(*), ${batchDigest('d')}, (SELECT count(*) FROM emptied) INTO v_items, v_digest, v_emptied FROM stored d;
    -- a stripe that was opened after the locks were taken may have moved: the transaction is run again
    IF v_emptied < v_items THEN RAISE EXCEPTION 'a stripe moved while it was folded' USING errcode = '40001'; END IF;
    IF v_items > 0 THEN INSERT INTO ledger.batch(id, xid, items, role, created_at, digest) VALUES (v_batch, v_xid, v_items, session_user, v_now, v_digest); END IF;
    RETURN v_items;
  END $$;

  -- post() after the stripes of p_fold are folded into their main rows, under the locks of all that the batch touches.
  CREATE FUNCTION ledger.post_folding(
    p_fold bigint[], p_key uuid[], p_hash bytea[], p_group int[], p_kind smallint[], p_debit bigint[], p_credit bigint[], p_amount numeric[], p_effective timestamptz[], p_reference uuid[],
    OUT status smallint[], OUT debit_balance numeric[], OUT credit_balance numeric[])
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    PERFORM ledger.lock_whole(p_fold, p_debit || p_credit);
    PERFORM ledger.fold(p_fold);
    SELECT p.status, p.debit_balance, p.credit_balance INTO status, debit_balance, credit_balance
      FROM ledger.post(p_key, p_hash, p_group, p_kind, p_debit, p_credit, p_amount, p_effective, p_reference) p;
  END $$;

  -- The sweeper: folds up to so many accounts. Returns how many stripes were emptied.
  CREATE FUNCTION ledger.fold_stripes(p_most int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    RETURN ledger.fold(array(
      SELECT m.id FROM ledger.account s JOIN ledger.balance b ON b.account_id = s.id AND b.balance <> 0
        JOIN ledger.account m ON (m.kind, m.asset, m.owner) = (s.kind, s.asset, s.owner) AND m.stripe = 0
       WHERE s.stripe > 0 GROUP BY m.id ORDER BY m.id LIMIT p_most));
  END $$;
`;

const BALANCES = `
  CREATE OR REPLACE FUNCTION ledger.balance_of(p_kind smallint, p_owner text, p_asset smallint) RETURNS numeric
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sum(b.balance) FROM ledger.account a JOIN ledger.balance b ON b.account_id = a.id WHERE a.kind = p_kind AND a.owner = p_owner AND a.asset = p_asset $$;

  CREATE OR REPLACE FUNCTION ledger.owner_balances(p_owner text) RETURNS TABLE(kind smallint, asset smallint, balance numeric)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT b.kind, b.asset, sum(b.balance) FROM ledger.account a JOIN ledger.balance b ON b.account_id = a.id WHERE a.owner = p_owner GROUP BY 1, 2 ORDER BY 1, 2 $$;

  -- pages over main rows, so that a page costs the same for kinds with stripes and without
  CREATE OR REPLACE FUNCTION ledger.balances_of_kind(p_kind smallint, p_asset smallint, p_after text, p_limit int, p_non_zero boolean) RETURNS TABLE(owner text, balance numeric)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.owner, w.balance FROM ledger.account a, LATERAL (
        SELECT sum(b.balance) balance FROM ledger.account s JOIN ledger.balance b ON b.account_id = s.id WHERE s.kind = p_kind AND s.asset = p_asset AND s.owner = a.owner) w
     WHERE a.kind = p_kind AND a.asset = p_asset AND a.stripe = 0 AND a.owner > coalesce(p_after, '') AND (NOT p_non_zero OR w.balance <> 0) ORDER BY a.owner LIMIT p_limit $$;
`;
