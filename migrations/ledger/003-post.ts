import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * post(): the ledger's one way in. A batch of transfers is decided exactly as if its items came one by one (the items of a group as one),
 * and is written set-wise.
 *
 * Status of an item: 0 posted · 1 conflict (the key is known with another request; nothing stored) · 2 insufficient (floor or ceiling) ·
 * 3 invalid · 4 held · 5 not this role's kind · 6 another item of its group was refused. A known key answers with its stored outcome.
 *
 * Locks: balances in account order (a nested loop under an ordered outer side; sequential scans and merge joins are off in the function),
 * then keys in order. The batch takes its number after its locks, so batch numbers rise with the versions of every account.
 * Retry with the same keys on 40001, 40P01, 55P03 and on 23505 of decision_pkey (the same key claimed by two calls at once).
 */
export class LedgerPost1764000010003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(POST);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}

/** Without a limit of its own an account still ends where a numeric of the ledger ends: |balance| < 10^38. */
const LIMIT = '9'.repeat(38);
const UNSOUND = 'NOT coalesce(q.x > 0 AND q.x < 1e38 AND scale(q.x) = 0, false)';
const CANNOT_MOVE = `(t.balance - d.debits < coalesce(t.floor, -${LIMIT}) OR t.balance + d.credits > coalesce(t.ceiling, ${LIMIT}))`;
const COLUMNS =
  'batch_id, item, journal, status, kind, debit_account, credit_account, debit_version, credit_version, effective_at, key, reference, asset, amount, debit_balance, credit_balance, request_hash';

export const POST = `
CREATE FUNCTION ledger.post(
  p_key uuid[], p_hash bytea[], p_group int[], p_kind smallint[], p_debit bigint[], p_credit bigint[], p_amount numeric[], p_effective timestamptz[], p_reference uuid[],
  OUT status smallint[], OUT debit_balance numeric[], OUT credit_balance numeric[])
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_mergejoin = off
AS $$
DECLARE
  v_n int := cardinality(p_key);
  v_batch bigint; v_xid xid8 := pg_current_xact_id(); v_item int[] := array(SELECT generate_series(1, cardinality(p_key)));
  v_sound boolean; v_repeated boolean; v_known boolean := false; v_clean boolean; v_once boolean;
  v_status smallint[] := array_fill(0::smallint, array[v_n]); v_asset smallint[]; v_dv bigint[]; v_cv bigint[]; v_digest bytea; v_stored int;
  v_dr int[]; v_cr int[];                                                                                      -- item -> place of its accounts in the arrays below
  v_account bigint[]; v_balance numeric[]; v_version bigint[]; v_floor numeric[]; v_ceiling numeric[]; v_written bigint[]; -- per account, in account order
  i int; j int; a int; b int; first int; ok boolean; s smallint;
BEGIN
  IF v_n IS NULL OR v_n = 0 OR v_n > 65535 OR array_lower(p_key, 1) <> 1
     OR (cardinality(p_hash), cardinality(p_group), cardinality(p_kind), cardinality(p_debit), cardinality(p_credit), cardinality(p_amount), cardinality(p_effective), cardinality(p_reference))
        IS DISTINCT FROM (v_n, v_n, v_n, v_n, v_n, v_n, v_n, v_n)
     OR (array_lower(p_hash, 1), array_lower(p_group, 1), array_lower(p_kind, 1), array_lower(p_debit, 1), array_lower(p_credit, 1), array_lower(p_amount, 1), array_lower(p_effective, 1), array_lower(p_reference, 1))
        IS DISTINCT FROM (1, 1, 1, 1, 1, 1, 1, 1) THEN
    RAISE EXCEPTION 'malformed batch' USING errcode = '22023';
  END IF;

  -- 1 keys: known before, or twice in this batch? and are the groups well formed?
  SELECT count(DISTINCT q.k) < v_n, bool_and(coalesce(q.g = 0 OR q.g = q.o OR q.g = p_group[q.o - 1], false)), bool_and(NOT (${UNSOUND}))
    INTO v_repeated, ok, v_sound
    FROM unnest(p_key, p_group, p_amount) WITH ORDINALITY q(k, g, x, o);
  IF NOT ok THEN RAISE EXCEPTION 'a group is the position of its first item, and its items are neighbours' USING errcode = '22023'; END IF;
  IF v_repeated OR EXISTS (SELECT FROM ledger.decision d WHERE d.key = ANY (p_key)) THEN
    v_known := true; -- -3 as an earlier item outside its group, -2 stored before, -1 as an earlier item, 1 conflict, 0 new
    SELECT array_agg(t.s) INTO v_status FROM (
      SELECT (CASE WHEN d.key IS NOT NULL THEN CASE WHEN d.request_hash = q.h THEN -2 ELSE 1 END
                   WHEN first_value(q.o) OVER w = q.o THEN 0
                   WHEN first_value(q.h) OVER w <> q.h THEN 1
                   WHEN first_value(q.o) OVER w < q.g THEN -3 ELSE -1 END)::smallint s
        FROM unnest(p_key, p_hash, p_group) WITH ORDINALITY q(k, h, g, o) LEFT JOIN ledger.decision d ON d.key = q.k
      WINDOW w AS (PARTITION BY q.k ORDER BY q.o) ORDER BY q.o) t;
  END IF;
  IF NOT v_sound THEN
    SELECT array_agg(CASE WHEN q.s = 0 AND ${UNSOUND} THEN 3 ELSE q.s END ORDER BY q.o) INTO v_status
      FROM unnest(v_status, p_amount) WITH ORDINALITY q(s, x, o);
  END IF;

  -- 2 lock, move and read each balance in one pass, in account order (one visit a row instead of a lock, a read and a write).
  --   A balance whose limits bear all its debits and all its credits of this batch can refuse none of them in any order, so it moves at once;
  --   any other is only locked, marked by the complement of its version, and left to step 3. Static rules are judged on the rows that come back.
  WITH moved AS (
    UPDATE ledger.balance t SET
        balance = CASE WHEN ${CANNOT_MOVE} THEN t.balance ELSE t.balance + d.credits - d.debits END,
        version = CASE WHEN ${CANNOT_MOVE} THEN ~t.version ELSE t.version + d.legs END
    FROM (SELECT l.account, sum(l.debit) debits, sum(l.credit) credits, count(*) legs
            FROM (SELECT q.account, q.x debit, 0::numeric credit FROM unnest(p_debit, p_amount, v_status) q(account, x, s) WHERE q.s = 0
                  UNION ALL SELECT q.account, 0, q.x FROM unnest(p_credit, p_amount, v_status) q(account, x, s) WHERE q.s = 0) l
           GROUP BY l.account ORDER BY l.account) d
    WHERE t.account_id = d.account
    RETURNING t.account_id, t.balance, t.version, t.floor, t.ceiling, t.kind, t.asset, t.entity, t.party, t.holds, t.version >= 0 moved, d.credits - d.debits net, d.legs),
  account AS MATERIALIZED (SELECT m.*, row_number() OVER ()::int place FROM moved m),
  item AS MATERIALIZED (
    SELECT d.place dr, c.place cr, d.asset, d.balance db, d.version dv, c.balance cb, c.version cv,
           (CASE WHEN q.s <> 0 THEN q.s WHEN k.code IS NULL THEN 3 WHEN k.role <> session_user THEN 5 WHEN d.place IS NULL OR c.place IS NULL THEN 3
                 WHEN q.debit = q.credit OR d.asset <> c.asset OR d.kind <> k.debit_kind OR c.kind <> k.credit_kind OR d.entity <> c.entity OR (k.same_owner AND d.party <> c.party) THEN 3
                 WHEN (d.holds | c.holds) & k.hold_scope <> 0 THEN 4 ELSE 0 END)::smallint s
      FROM unnest(p_debit, p_credit, p_kind, v_status) WITH ORDINALITY q(debit, credit, kind, s, o)
      LEFT JOIN ledger.transfer_kind k ON k.code = q.kind LEFT JOIN account d ON d.account_id = q.debit LEFT JOIN account c ON c.account_id = q.credit
     ORDER BY q.o),
  verdict AS MATERIALIZED (SELECT (SELECT bool_and(i.s = 0) FROM item i) AND bool_and(m.moved) clean, count(*) = 2 * v_n once FROM account m)
  SELECT v.clean, v.once, i.*, r.*, m.*
    INTO v_clean, v_once, v_status, v_asset, debit_balance, v_dv, credit_balance, v_cv, v_dr, v_cr, v_account, v_balance, v_version, v_floor, v_ceiling, v_written
    FROM verdict v,
    (SELECT array_agg(i.s), array_agg(i.asset), array_agg(i.db), array_agg(i.dv), array_agg(i.cb), array_agg(i.cv) FROM item i) i,
    (SELECT array_agg(dr), array_agg(cr) FROM item WHERE NOT (SELECT clean AND once FROM verdict)) r, -- the rest only when step 3 is needed
    (SELECT array_agg(account_id), array_agg(CASE WHEN moved THEN balance - net ELSE balance END), array_agg(CASE WHEN moved THEN version - legs ELSE ~version END),
            array_agg(coalesce(floor, -${LIMIT})), array_agg(coalesce(ceiling, ${LIMIT})), array_agg(version)
       FROM account WHERE NOT (SELECT clean AND once FROM verdict)) m;

  -- 3 decide in order, in memory. Nothing refused and each account met once: the rows of step 2 are the answer already.
  IF v_clean AND v_once THEN
    NULL;
  ELSIF v_clean THEN -- nothing refused, only running balances are wanted
    FOR i IN 1..v_n LOOP
      a := v_dr[i]; b := v_cr[i];
      v_balance[a] := v_balance[a] - p_amount[i]; v_version[a] := v_version[a] + 1; v_balance[b] := v_balance[b] + p_amount[i]; v_version[b] := v_version[b] + 1;
      debit_balance[i] := v_balance[a]; v_dv[i] := v_version[a]; credit_balance[i] := v_balance[b]; v_cv[i] := v_version[b];
    END LOOP;
  ELSE
    i := 1;
    WHILE i <= v_n LOOP
      first := i; ok := true;
      LOOP
        s := v_status[i];
        IF s = 0 THEN
          a := v_dr[i]; b := v_cr[i];
          IF v_balance[a] - p_amount[i] < v_floor[a] OR v_balance[b] + p_amount[i] > v_ceiling[b] THEN v_status[i] := 2; ok := false;
          ELSE
            v_balance[a] := v_balance[a] - p_amount[i]; v_version[a] := v_version[a] + 1; v_balance[b] := v_balance[b] + p_amount[i]; v_version[b] := v_version[b] + 1;
            debit_balance[i] := v_balance[a]; v_dv[i] := v_version[a]; credit_balance[i] := v_balance[b]; v_cv[i] := v_version[b];
          END IF;
        ELSIF s <> -1 THEN ok := false;
        END IF;
        i := i + 1;
        EXIT WHEN i > v_n OR p_group[i] <> first;
      END LOOP;
      IF NOT ok AND p_group[first] <> 0 THEN -- a group falls as one: take back what its items did
        FOR j IN REVERSE i - 1 .. first LOOP
          IF v_status[j] = 0 THEN
            a := v_dr[j]; b := v_cr[j]; v_status[j] := 6;
            v_balance[a] := v_balance[a] + p_amount[j]; v_version[a] := v_version[a] - 1; v_balance[b] := v_balance[b] - p_amount[j]; v_version[b] := v_version[b] - 1;
          END IF;
        END LOOP;
      END IF;
    END LOOP;
    SELECT array_agg(CASE WHEN q.s = 0 THEN q.asset END ORDER BY q.o), array_agg(CASE WHEN q.s = 0 THEN q.db END ORDER BY q.o), array_agg(CASE WHEN q.s = 0 THEN q.dv END ORDER BY q.o),
           array_agg(CASE WHEN q.s = 0 THEN q.cb END ORDER BY q.o), array_agg(CASE WHEN q.s = 0 THEN q.cv END ORDER BY q.o)
      INTO v_asset, debit_balance, v_dv, credit_balance, v_cv FROM unnest(v_status, v_asset, debit_balance, v_dv, credit_balance, v_cv) WITH ORDINALITY q(s, asset, db, dv, cb, cv, o);
    -- put right the balances that step 2 moved too far or only locked (their complement is never a version)
    UPDATE ledger.balance t SET balance = q.balance, version = q.version
      FROM unnest(v_account, v_balance, v_version, v_written) q(account, balance, version, written)
     WHERE t.account_id = q.account AND q.written <> q.version;
  END IF;

  -- 4 write. A refusal is stored like a transfer; known keys and conflicts are not written again. Keys in order: two calls that share keys
  --   wait for each other in one direction only.
  v_batch := nextval('ledger.batch_id');
  IF NOT v_known THEN
    INSERT INTO ledger.decision(${COLUMNS})
    SELECT v_batch, q.o, q.journal, q.s, q.kind, q.debit, q.credit, q.dv, q.cv, q.effective, q.key, q.reference, q.asset, q.amount, q.db, q.cb, q.hash
      FROM unnest(p_key, p_hash, p_group, v_status, p_kind, v_asset, p_debit, p_credit, p_amount, debit_balance, v_dv, credit_balance, v_cv, p_effective, p_reference)
           WITH ORDINALITY q(key, hash, journal, s, kind, asset, debit, credit, amount, db, dv, cb, cv, effective, reference, o)
     ORDER BY q.key;
    INSERT INTO ledger.batch(id, xid, items, role, created_at, digest) VALUES (v_batch, v_xid, v_n, session_user, now(),
      sha256(int8send(v_batch) || xid8send(v_xid) || int4send(v_n) || timestamptz_send(now()) || namesend(session_user)
      || array_send(v_item) || array_send(p_key) || array_send(p_hash) || array_send(p_group) || array_send(v_status) || array_send(p_kind) || array_send(v_asset) || array_send(p_debit) || array_send(p_credit)
      || array_send(p_amount) || array_send(debit_balance) || array_send(v_dv) || array_send(credit_balance) || array_send(v_cv) || array_send(p_effective) || array_send(p_reference)));
  ELSE
    WITH stored AS (
      INSERT INTO ledger.decision(${COLUMNS})
      SELECT v_batch, q.o, q.journal, q.s, q.kind, q.debit, q.credit, q.dv, q.cv, q.effective, q.key, q.reference, q.asset, q.amount, q.db, q.cb, q.hash
        FROM unnest(p_key, p_hash, p_group, v_status, p_kind, v_asset, p_debit, p_credit, p_amount, debit_balance, v_dv, credit_balance, v_cv, p_effective, p_reference)
             WITH ORDINALITY q(key, hash, journal, s, kind, asset, debit, credit, amount, db, dv, cb, cv, effective, reference, o)
       WHERE q.s NOT IN (-3, -2, -1, 1) ORDER BY q.key
      RETURNING *)
    SELECT count(*), sha256(int8send(v_batch) || xid8send(v_xid) || int4send(count(*)::int) || timestamptz_send(now()) || namesend(session_user)
        || array_send(array_agg(item)) || array_send(array_agg(key)) || array_send(array_agg(request_hash)) || array_send(array_agg(journal)) || array_send(array_agg(d.status)) || array_send(array_agg(kind))
        || array_send(array_agg(asset)) || array_send(array_agg(debit_account)) || array_send(array_agg(credit_account)) || array_send(array_agg(amount)) || array_send(array_agg(d.debit_balance))
        || array_send(array_agg(debit_version)) || array_send(array_agg(d.credit_balance)) || array_send(array_agg(credit_version)) || array_send(array_agg(effective_at)) || array_send(array_agg(reference)))
      INTO v_stored, v_digest FROM (SELECT * FROM stored ORDER BY item) d;
    IF v_stored > 0 THEN INSERT INTO ledger.batch(id, xid, items, role, created_at, digest) VALUES (v_batch, v_xid, v_stored, session_user, now(), v_digest); END IF;
    SELECT array_agg(CASE WHEN q.s < 0 THEN d.status ELSE q.s END ORDER BY q.o), array_agg(CASE WHEN q.s < 0 THEN d.debit_balance ELSE q.db END ORDER BY q.o),
           array_agg(CASE WHEN q.s < 0 THEN d.credit_balance ELSE q.cb END ORDER BY q.o)
      INTO v_status, debit_balance, credit_balance
      FROM unnest(p_key, v_status, debit_balance, credit_balance) WITH ORDINALITY q(key, s, db, cb, o) LEFT JOIN ledger.decision d ON q.s < 0 AND d.key = q.key;
  END IF;
  status := v_status;
END $$`;
