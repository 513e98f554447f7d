import type { MigrationInterface, QueryRunner } from 'typeorm';
import { batchDigest, DECISION_COLUMNS } from './digest.js';

/**
 * Reversals: a correction is a batch of its own that moves back what one journal (a posting alone, or all postings of its group) moved, sides swapped,
 * last posting first. At most one an original, whole or not at all.
 *
 * Status: 0 reversed · 1 conflict (the key is known with another request; nothing stored) · 2 insufficient · 4 held · 5 not this role's kind ·
 * 7 a kind of the journal is not reversible · 8 reversed before · 9 no such posting, or it moved nothing · 10 a reversal itself.
 */
export class LedgerReversals1764000010010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE);
    await runner.query(REVERSE);
    await runner.query('REVOKE ALL ON ALL TABLES IN SCHEMA ledger FROM PUBLIC');
    await runner.query('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC');
    await runner.query('GRANT EXECUTE ON FUNCTION ledger.reverse TO bailee_custody, bailee_staking, bailee_rewards');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}

const TABLE = `
  -- A row a request, refused ones too. original_batch and original_item name the first posting of the journal that is taken back, batch_id the batch that
  -- does it: item n of that batch takes back the n-th of the journal from its end.
  CREATE TABLE ledger.reversal(
    key uuid PRIMARY KEY, original uuid NOT NULL, status smallint NOT NULL, effective_at timestamptz NOT NULL, reference uuid NOT NULL, reason text NOT NULL,
    request_hash bytea NOT NULL, original_batch bigint, original_item int, batch_id bigint, role name NOT NULL, xid xid8 NOT NULL, recorded_at timestamptz NOT NULL, digest bytea NOT NULL,
    CHECK ((status = 0) = (batch_id IS NOT NULL)));
  CREATE UNIQUE INDEX reversal_once ON ledger.reversal(original_batch, original_item) WHERE status = 0;
  CREATE UNIQUE INDEX reversal_batch ON ledger.reversal(batch_id) WHERE status = 0;
  CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.reversal FOR EACH STATEMENT EXECUTE FUNCTION ledger.append_only();
  -- batches are found in the decisions by where they lie: decisions are written in nearly the order of their batches, so a few bytes a range are enough
  CREATE INDEX decision_batch ON ledger.decision USING brin (batch_id) WITH (pages_per_range = 16, autosummarize = on);
`;

const LIMIT = '9'.repeat(38);

const REVERSE = `
  CREATE FUNCTION ledger.store_reversal(p_key uuid, p_hash bytea, p_original uuid, p_effective timestamptz, p_reference uuid, p_reason text,
    p_status int, p_original_batch bigint, p_original_item int, p_batch bigint) RETURNS smallint LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO ledger.reversal(key, original, status, effective_at, reference, reason, request_hash, original_batch, original_item, batch_id, role, xid, recorded_at, digest)
    VALUES (p_key, p_original, p_status, p_effective, p_reference, p_reason, p_hash, p_original_batch, p_original_item, p_batch, session_user, pg_current_xact_id(), now(),
      sha256(array_send(array[p_key, p_original, p_reference]) || int4send(p_status) || timestamptz_send(p_effective) || array_send(array[p_hash, convert_to(p_reason, 'UTF8'), convert_to(session_user::text, 'UTF8')])
        || array_send(array[p_original_batch, p_original_item, p_batch]) || xid8send(pg_current_xact_id()) || timestamptz_send(now())))
    RETURNING status $$;

  CREATE FUNCTION ledger.reverse(p_key uuid, p_hash bytea, p_original uuid, p_effective timestamptz, p_reference uuid, p_reason text, OUT status smallint, OUT postings int)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE
    v_known ledger.reversal; v_first ledger.decision; v_item int; v_status int := 0; v_batch bigint; v_xid xid8; v_now timestamptz; v_digest bytea;
    v_account bigint[]; v_balance numeric[]; v_version bigint[]; v_floor numeric[]; v_ceiling numeric[]; a int; b int; n int := 0;
    v_kind smallint[]; v_debit bigint[]; v_credit bigint[]; v_amount numeric[]; v_asset smallint[]; v_db numeric[]; v_dv bigint[]; v_cb numeric[]; v_cv bigint[];
  BEGIN
    IF num_nulls(p_key, p_hash, p_original, p_effective, p_reference) > 0 OR coalesce(p_reason, '') = '' THEN
      RAISE EXCEPTION 'a reversal names a posting, its effective time, a reference and a reason' USING errcode = '22023';
    END IF;
    -- one request of a key at a time: the second finds what the first stored
    PERFORM pg_advisory_xact_lock(7201506, ('x' || substr(md5(p_key::text), 1, 8))::bit(32)::int);
    SELECT * INTO v_known FROM ledger.reversal r WHERE r.key = p_key;
    IF found THEN
      status := CASE WHEN v_known.request_hash = p_hash THEN v_known.status ELSE 1 END;
      postings := CASE WHEN status = 0 THEN (SELECT t.items FROM ledger.batch t WHERE t.id = v_known.batch_id) ELSE 0 END;
      RETURN;
    END IF;
    postings := 0;
    IF EXISTS (SELECT FROM ledger.decision d WHERE d.key = p_key) THEN status := 1; RETURN; END IF;

    SELECT * INTO v_first FROM ledger.decision d WHERE d.key = p_original AND d.status = 0 AND d.kind <> 0;
    v_item := CASE v_first.journal WHEN 0 THEN v_first.item ELSE v_first.journal END;
    IF v_first.key IS NULL THEN v_status := 9;
    ELSIF EXISTS (SELECT FROM ledger.reversal r WHERE r.batch_id = v_first.batch_id AND r.status = 0) THEN v_status := 10;
    ELSE
      SELECT array_agg(l.kind ORDER BY l.item DESC), array_agg(c.id ORDER BY l.item DESC), array_agg(d.id ORDER BY l.item DESC), array_agg(l.amount ORDER BY l.item DESC), array_agg(l.asset ORDER BY l.item DESC),
             max(CASE WHEN k.role <> session_user THEN 5 WHEN NOT k.reversible THEN 7 ELSE 0 END), count(*)
        INTO v_kind, v_debit, v_credit, v_amount, v_asset, v_status, n
        FROM (SELECT v_first.* WHERE v_first.journal = 0
              UNION ALL SELECT g.* FROM ledger.decision g WHERE v_first.journal <> 0 AND g.batch_id = v_first.batch_id AND g.journal = v_first.journal) l
        JOIN ledger.transfer_kind k ON k.code = l.kind
        -- a stripe's money is moved back from the account's main row
        JOIN ledger.account ds ON ds.id = l.debit_account JOIN ledger.account d ON (d.kind, d.asset, d.owner, d.stripe) = (ds.kind, ds.asset, ds.owner, 0)
        JOIN ledger.account cs ON cs.id = l.credit_account JOIN ledger.account c ON (c.kind, c.asset, c.owner, c.stripe) = (cs.kind, cs.asset, cs.owner, 0);
      IF EXISTS (SELECT FROM ledger.transfer_kind k WHERE k.code = ANY (v_kind) AND k.role <> session_user) THEN v_status := 5; END IF;
    END IF;
    IF v_status <> 0 THEN
      status := ledger.store_reversal(p_key, p_hash, p_original, p_effective, p_reference, p_reason, v_status, v_first.batch_id, v_item, NULL);
      RETURN;
    END IF;

    PERFORM ledger.lock_whole(v_debit || v_credit, '{}');
    IF EXISTS (SELECT FROM ledger.reversal r WHERE r.original_batch = v_first.batch_id AND r.original_item = v_item AND r.status = 0) THEN v_status := 8;
    ELSIF EXISTS (SELECT FROM unnest(v_kind, v_debit, v_credit) q(kind, debit, credit) JOIN ledger.transfer_kind k ON k.code = q.kind
                    JOIN ledger.balance t ON t.account_id IN (q.debit, q.credit) WHERE t.holds & k.hold_scope <> 0) THEN v_status := 4;
    ELSE
      PERFORM ledger.fold(v_debit || v_credit);
      SELECT array_agg(t.account_id), array_agg(t.balance), array_agg(t.version), array_agg(coalesce(t.floor, -${LIMIT})), array_agg(coalesce(t.ceiling, ${LIMIT}))
        INTO v_account, v_balance, v_version, v_floor, v_ceiling FROM ledger.balance t WHERE t.account_id = ANY (v_debit || v_credit);
      FOR i IN 1..n LOOP
        a := array_position(v_account, v_debit[i]); b := array_position(v_account, v_credit[i]);
        IF v_balance[a] - v_amount[i] < v_floor[a] OR v_balance[b] + v_amount[i] > v_ceiling[b] THEN v_status := 2; EXIT; END IF;
        v_balance[a] := v_balance[a] - v_amount[i]; v_version[a] := v_version[a] + 1; v_balance[b] := v_balance[b] + v_amount[i]; v_version[b] := v_version[b] + 1;
        v_db[i] := v_balance[a]; v_dv[i] := v_version[a]; v_cb[i] := v_balance[b]; v_cv[i] := v_version[b];
      END LOOP;
    END IF;
    IF v_status = 0 THEN
      v_batch := nextval('ledger.batch_id'); v_xid := pg_current_xact_id(); v_now := clock_timestamp();
      UPDATE ledger.balance t SET balance = q.balance, version = q.version FROM unnest(v_account, v_balance, v_version) q(account, balance, version) WHERE t.account_id = q.account;
      WITH stored AS (
        INSERT INTO ledger.decision(${DECISION_COLUMNS})
        SELECT v_batch, q.o, CASE WHEN n > 1 THEN 1 ELSE 0 END, 0, q.kind, q.debit, q.credit, q.dv, q.cv, p_effective,
               encode(substr(sha256(convert_to('reversal ' || p_key || ' ' || q.o, 'UTF8')), 1, 16), 'hex')::uuid, p_reference, q.asset, q.amount, q.db, q.cb, p_hash
          FROM unnest(v_kind, v_debit, v_credit, v_dv, v_cv, v_asset, v_amount, v_db, v_cb) WITH ORDINALITY q(kind, debit, credit, dv, cv, asset, amount, db, cb, o)
        RETURNING *)
      SELECT ${batchDigest('d')} INTO v_digest FROM stored d;
      INSERT INTO ledger.batch(id, xid, items, role, created_at, digest) VALUES (v_batch, v_xid, n, session_user, v_now, v_digest);
      postings := n;
    END IF;
    status := ledger.store_reversal(p_key, p_hash, p_original, p_effective, p_reference, p_reason, v_status, v_first.batch_id, v_item, v_batch);
  END $$;
`;
