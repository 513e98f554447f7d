import type { MigrationInterface, QueryRunner } from 'typeorm';
import { fanOutFunctions } from './fan-out-functions.js';

/**
 * fan_out(): many postings of one kind at once, between one common account and one account of each of many owners, or between two accounts of each
 * owner. It decides as post() decides the same lines one by one, and stores the same rows; what cannot be decided by looking at each line alone (a key
 * known before, an owner met twice, a common account that cannot bear all lines, a kind that is not this room's) goes to post() itself.
 */
export class LedgerFanOut1764000010015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const part of [OPEN, ...fanOutFunctions, FAN_OUT]) await runner.query(part);
    await runner.query('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC');
    await runner.query('GRANT EXECUTE ON FUNCTION ledger.fan_out TO bailee_custody, bailee_staking, bailee_rewards');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}

/** Beyond so many new accounts, holds wait as a whole: a lock an owner would fill the server's table of locks. */
const FEW = 500;

const OPEN = `
  -- Main rows of the accounts of one kind, in the order of the owners; opened where this room may. 0 is no account.
  CREATE FUNCTION ledger.fan_accounts(p_kind smallint, p_asset smallint, p_owner text[]) RETURNS bigint[]
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_mergejoin = off SET enable_hashjoin = off AS $$
  DECLARE v_account bigint[]; v_missing text[];
  BEGIN
    FOR turn IN 1..2 LOOP
      -- one look at the index an owner: a join would be planned by what the statistics have not seen yet
      SELECT array_agg(coalesce(l.id, 0) ORDER BY l.o), array_agg(l.owner) FILTER (WHERE l.id IS NULL) INTO v_account, v_missing
        FROM (SELECT q.owner, q.o, (SELECT a.id FROM ledger.account a WHERE a.kind = p_kind AND a.asset = p_asset AND a.owner = q.owner AND a.stripe = 0) id
                FROM unnest(p_owner) WITH ORDINALITY q(owner, o) OFFSET 0) l;
      EXIT WHEN v_missing IS NULL OR turn = 2;
      IF cardinality(v_missing) <= ${FEW} THEN
        PERFORM FROM ledger.open_accounts(array_fill(p_kind, array[cardinality(v_missing)]), v_missing, array_fill(p_asset, array[cardinality(v_missing)]));
      ELSE PERFORM ledger.open_many(p_kind, p_asset, v_missing);
      END IF;
    END LOOP;
    RETURN v_account;
  END $$;

  -- open_accounts() for very many owners of one kind without stripes: no hold can be placed or released until this transaction ends.
  CREATE FUNCTION ledger.open_many(p_kind smallint, p_asset smallint, p_owner text[]) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  DECLARE k ledger.account_kind;
  BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
      RAISE EXCEPTION 'accounts are opened in read committed only: an older snapshot could miss a hold' USING errcode = '25001';
    END IF;
    SELECT a.* INTO k FROM ledger.account_kind a JOIN ledger.asset s ON s.id = p_asset AND s.kind = a.asset WHERE a.code = p_kind;
    IF k.code IS NULL OR k.stripes > 0 OR NOT EXISTS (SELECT FROM ledger.transfer_kind t WHERE t.role = session_user AND p_kind IN (t.debit_kind, t.credit_kind)) THEN RETURN; END IF;
    IF k.owner = 'client' THEN LOCK TABLE ledger.hold IN SHARE MODE; END IF;
    WITH wanted AS (
      SELECT DISTINCT q.owner FROM unnest(p_owner) q(owner)
       WHERE CASE WHEN k.owner IN ('client', 'wallet', 'run') THEN q.owner ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' ELSE q.owner ~ '^[!-~]{1,128}$' END ORDER BY 1),
    numbered AS MATERIALIZED (SELECT nextval('ledger.account_id') id, w.owner FROM wanted w),
    opened AS (
      INSERT INTO ledger.account(id, kind, asset, owner, opened_at, opened_by, xid, stripe, digest)
      SELECT n.id, p_kind, p_asset, n.owner, now(), session_user, pg_current_xact_id(), 0,
             sha256(int8send(n.id) || int2send(p_kind) || int2send(p_asset) || timestamptz_send(now()) || xid8send(pg_current_xact_id()) || array_send(array[convert_to(n.owner, 'UTF8'), convert_to(session_user::text, 'UTF8')]))
        FROM numbered n ON CONFLICT (kind, asset, owner, stripe) DO NOTHING
      RETURNING id, owner),
    held AS (
      SELECT h.owner, bit_or(h.scopes) scopes FROM ledger.hold h
       WHERE k.owner = 'client' AND h.action = 'placed' AND NOT EXISTS (SELECT FROM ledger.hold r WHERE r.hold_id = h.hold_id AND r.action = 'released') GROUP BY h.owner)
    INSERT INTO ledger.balance(account_id, kind, asset, entity, party, holds, floor, ceiling)
    SELECT o.id, p_kind, p_asset, k.entity, ('x' || substr(md5(o.owner), 1, 16))::bit(64)::bigint, coalesce(h.scopes, 0), k.floor, k.ceiling
      FROM opened o LEFT JOIN held h ON h.owner = o.owner ORDER BY o.id;
  END $$;

  -- The key of a line that brings none: the same whenever the same is asked for again, and in the order of owners, so that the keys of a fan-out lie side by side
  -- in the index: 60 bits of the cause, 60 of the owner (RFC 9562, version 8). Two lines of one key are a conflict, never one posting.
  CREATE FUNCTION ledger.fan_keys(p_cause text, p_owner text[], p_uuids boolean) RETURNS uuid[] LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  DECLARE v_hash text := encode(sha256(convert_to(p_cause, 'UTF8')), 'hex'); v_head text := substr(v_hash, 1, 12) || '8' || substr(v_hash, 13, 3) || '8';
  BEGIN
    IF p_uuids THEN RETURN array(SELECT (v_head || substr(q.owner, 1, 8) || substr(q.owner, 10, 4) || substr(q.owner, 16, 3))::uuid FROM unnest(p_owner) WITH ORDINALITY q(owner, o) ORDER BY q.o); END IF;
    RETURN array(SELECT (v_head || CASE WHEN q.owner ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN substr(q.owner, 1, 8) || substr(q.owner, 10, 4) || substr(q.owner, 16, 3)
                                        ELSE substr(md5(q.owner), 1, 15) END)::uuid FROM unnest(p_owner) WITH ORDINALITY q(owner, o) ORDER BY q.o);
  END $$;
`;

const named = (kind: string, asset: string): string => `${kind} || ':' || ${asset} || ':'`;

/**
 * p_debit_owner and p_credit_owner: the owner of the common account on that side; NULL where it is each line's own. p_key may be NULL. refused: positions
 * of the lines that were not posted, and reason their status as post() has it.
 */
const FAN_OUT = `
CREATE FUNCTION ledger.fan_out(
  p_kind smallint, p_asset smallint, p_debit_owner text, p_credit_owner text, p_effective timestamptz, p_reference uuid, p_owner text[], p_amount numeric[], p_key uuid[],
  OUT posted int, OUT total numeric, OUT refused int[], OUT reason smallint[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_n int := cardinality(p_owner); k ledger.transfer_kind; v_debit bigint[]; v_credit bigint[]; v_key uuid[] := p_key; v_uuids boolean; v_plain boolean; v_hash bytea[]; v_status smallint[];
  v_tail text; v_first text; v_second text; v_common boolean := num_nonnulls(p_debit_owner, p_credit_owner) > 0; v_constraint text;
BEGIN
  posted := 0; total := 0; refused := '{}'; reason := '{}';
  IF coalesce(v_n, 0) = 0 THEN RETURN; END IF;
  IF v_n > 65535 OR cardinality(p_amount) IS DISTINCT FROM v_n OR cardinality(coalesce(p_key, array_fill(NULL::uuid, array[v_n]))) <> v_n OR array_lower(p_owner, 1) <> 1 OR array_lower(p_amount, 1) <> 1
     OR array_position(p_owner, NULL) IS NOT NULL OR array_position(p_amount, NULL) IS NOT NULL OR array_position(p_key, NULL) IS NOT NULL OR num_nulls(p_effective, p_reference) > 0
     OR num_nonnulls(p_debit_owner, p_credit_owner) = 2 THEN
    RAISE EXCEPTION 'malformed fan-out' USING errcode = '22023';
  END IF;
  SELECT t.* INTO k FROM ledger.transfer_kind t WHERE t.code = p_kind;
  IF k.code IS NULL OR EXISTS (SELECT FROM ledger.account_kind a WHERE a.code IN (k.debit_kind, k.credit_kind) AND a.stripes > 0) THEN
    RAISE EXCEPTION 'no kind of transfer between accounts without stripes: %', p_kind USING errcode = '22023';
  END IF;

  v_debit := CASE WHEN p_debit_owner IS NULL THEN ledger.fan_accounts(k.debit_kind, p_asset, p_owner) ELSE ledger.fan_accounts(k.debit_kind, p_asset, array[p_debit_owner]) END;
  v_credit := CASE WHEN p_credit_owner IS NULL THEN ledger.fan_accounts(k.credit_kind, p_asset, p_owner) ELSE ledger.fan_accounts(k.credit_kind, p_asset, array[p_credit_owner]) END;
  -- who has an account of such a kind has a uuid; of who has none it is looked at
  SELECT bool_and(a.owner IN ('client', 'wallet', 'run')) AND array_position(v_debit, 0) IS NULL AND array_position(v_credit, 0) IS NULL INTO v_uuids
    FROM ledger.account_kind a WHERE a.code = CASE WHEN p_credit_owner IS NULL THEN k.credit_kind ELSE k.debit_kind END;
  IF v_key IS NULL THEN v_key := ledger.fan_keys(concat_ws('|', 'fan', p_kind, p_asset, p_debit_owner, p_credit_owner, p_reference), p_owner, v_uuids); END IF;

  -- the text of a request hash, as requestHash() has it, up to what differs from line to line
  v_tail := '|' || floor(extract(epoch FROM p_effective) * 1000)::bigint || '|' || p_reference || '|1/1';
  v_first := 'v1|' || p_kind || '|' || ${named('k.debit_kind', 'p_asset')} || CASE WHEN p_debit_owner IS NULL THEN '' ELSE octet_length(p_debit_owner) || ':' || p_debit_owner || '|' || ${named('k.credit_kind', 'p_asset')} END;
  v_second := CASE WHEN p_debit_owner IS NOT NULL THEN '|' ELSE '|' || ${named('k.credit_kind', 'p_asset')} || CASE WHEN p_credit_owner IS NULL THEN '' ELSE octet_length(p_credit_owner) || ':' || p_credit_owner || '|' END END;

  -- what post() would refuse at a glance, or knows already, is left to it at once; a key that is claimed meanwhile shows when it is stored
  SELECT k.role = session_user AND (NOT v_common OR NOT k.same_owner) AND array_position(v_debit, 0) IS NULL AND array_position(v_credit, 0) IS NULL
         AND NOT EXISTS (SELECT FROM ledger.decision d WHERE d.key IN (v_key[1], v_key[v_n]))
         AND (SELECT bool_and(q.x > 0 AND q.x < 1e38 AND scale(q.x) = 0) FROM unnest(p_amount) q(x)) INTO v_plain;
  IF v_plain THEN
    BEGIN
      IF p_debit_owner IS NOT NULL THEN
        SELECT f.* INTO posted, total, refused, reason FROM ledger.fan_out_common(p_kind, k.hold_scope, p_asset, true, v_debit[1], v_credit, p_owner, p_amount, v_key, p_effective, p_reference, array[v_first, v_second, v_tail]) f;
      ELSIF p_credit_owner IS NOT NULL THEN
        SELECT f.* INTO posted, total, refused, reason FROM ledger.fan_out_common(p_kind, k.hold_scope, p_asset, false, v_credit[1], v_debit, p_owner, p_amount, v_key, p_effective, p_reference, array[v_first, v_second, v_tail]) f;
      ELSE
        SELECT f.* INTO posted, total, refused, reason FROM ledger.fan_out_own(p_kind, k.hold_scope, p_asset, v_debit, v_credit, p_owner, p_amount, v_key, p_effective, p_reference, array[v_first, v_second, '|', v_tail]) f;
      END IF;
      refused := coalesce(refused, '{}'); reason := coalesce(reason, '{}');
      RETURN;
    EXCEPTION
      WHEN SQLSTATE 'BL001' THEN NULL;
      WHEN unique_violation THEN
        GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
        IF v_constraint <> 'decision_pkey' THEN RAISE; END IF;
    END;
  END IF;

  IF p_debit_owner IS NOT NULL THEN v_debit := array_fill(v_debit[1], array[v_n]); END IF;
  IF p_credit_owner IS NOT NULL THEN v_credit := array_fill(v_credit[1], array[v_n]); END IF;
  SELECT array_agg(sha256(convert_to(v_first || octet_length(q.owner) || ':' || q.owner || v_second || CASE WHEN v_common THEN '' ELSE octet_length(q.owner) || ':' || q.owner || '|' END || q.x || v_tail, 'UTF8')) ORDER BY q.o) INTO v_hash
    FROM unnest(p_owner, p_amount) WITH ORDINALITY q(owner, x, o);
  SELECT p.status INTO v_status FROM ledger.post(v_key, v_hash, array_fill(0, array[v_n]), array_fill(p_kind, array[v_n]), v_debit, v_credit, p_amount, array_fill(p_effective, array[v_n]), array_fill(p_reference, array[v_n])) p;
  SELECT count(*) FILTER (WHERE q.s = 0), coalesce(sum(q.x) FILTER (WHERE q.s = 0), 0), coalesce(array_agg(q.o::int ORDER BY q.o) FILTER (WHERE q.s <> 0), '{}'), coalesce(array_agg(q.s ORDER BY q.o) FILTER (WHERE q.s <> 0), '{}')
    INTO posted, total, refused, reason FROM unnest(v_status, p_amount) WITH ORDINALITY q(s, x, o);
END $$`;
