import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * post() for a single item in four small statements, about twice as fast as a batch of one. It only ever posts what is plain: whatever is
 * not (a known key, any refusal) goes to post(), which finds the reason and stores it. One decision, two speeds.
 */
export class LedgerPostOne1764000010004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(POST_ONE);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}

const LIMIT = '9'.repeat(38);
const CREDIT = `
      UPDATE ledger.balance t SET balance = t.balance + p_amount, version = t.version + 1
       WHERE t.account_id = p_credit AND t.kind = v_credit_kind AND t.entity = v_entity AND t.holds & v_scope = 0 AND t.balance + p_amount <= coalesce(t.ceiling, ${LIMIT})
      RETURNING t.balance, t.version, t.asset, t.party INTO credit_balance, v_cv, v_credit_asset, v_credit_party;
      c := found;`;

export const POST_ONE = `
CREATE FUNCTION ledger.post_one(
  p_key uuid, p_hash bytea, p_kind smallint, p_debit bigint, p_credit bigint, p_amount numeric, p_effective timestamptz, p_reference uuid,
  OUT status smallint, OUT debit_balance numeric, OUT credit_balance numeric)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_batch bigint; v_xid xid8; v_debit_kind smallint; v_credit_kind smallint; v_entity smallint; v_scope int; v_plain boolean;
  v_dv bigint; v_cv bigint; v_asset smallint; v_credit_asset smallint; v_party bigint; v_credit_party bigint; v_same boolean; d boolean := false; c boolean := false;
BEGIN
  SELECT k.debit_kind, k.credit_kind, k.entity, k.hold_scope, k.same_owner, k.role = session_user AND NOT EXISTS (SELECT FROM ledger.decision x WHERE x.key = p_key)
    INTO v_debit_kind, v_credit_kind, v_entity, v_scope, v_same, v_plain FROM ledger.transfer_kind k WHERE k.code = p_kind;
  IF v_plain AND p_amount > 0 AND p_amount < 1e38 AND scale(p_amount) = 0 AND p_debit <> p_credit THEN
    IF p_credit < p_debit THEN -- always the lower account first${CREDIT}
    END IF;
    IF c OR p_credit > p_debit THEN
      UPDATE ledger.balance t SET balance = t.balance - p_amount, version = t.version + 1
       WHERE t.account_id = p_debit AND t.kind = v_debit_kind AND t.entity = v_entity AND t.holds & v_scope = 0 AND t.balance - p_amount >= coalesce(t.floor, -${LIMIT})
      RETURNING t.balance, t.version, t.asset, t.party INTO debit_balance, v_dv, v_asset, v_party;
      d := found;
    END IF;
    IF d AND NOT c THEN${CREDIT}
    END IF;
    IF d AND c AND v_asset = v_credit_asset AND (NOT v_same OR v_party = v_credit_party) THEN
      v_batch := nextval('ledger.batch_id'); -- after the locks: numbers rise with versions
      v_xid := pg_current_xact_id();
      WITH entry AS (
        INSERT INTO ledger.decision(batch_id, item, journal, status, kind, debit_account, credit_account, debit_version, credit_version, effective_at, key, reference, asset, amount, debit_balance, credit_balance, request_hash)
        VALUES (v_batch, 1, 0, 0, p_kind, p_debit, p_credit, v_dv, v_cv, p_effective, p_key, p_reference, v_asset, p_amount, debit_balance, credit_balance, p_hash))
      INSERT INTO ledger.batch(id, xid, items, role, created_at, digest) VALUES (v_batch, v_xid, 1, session_user, now(),
        sha256(int8send(v_batch) || xid8send(v_xid) || int4send(1) || timestamptz_send(now()) || namesend(session_user)
        || array_send(array[1]) || array_send(array[p_key]) || array_send(array[p_hash]) || array_send(array[0]) || array_send(array[0::smallint]) || array_send(array[p_kind]) || array_send(array[v_asset])
        || array_send(array[p_debit]) || array_send(array[p_credit]) || array_send(array[p_amount]) || array_send(array[debit_balance]) || array_send(array[v_dv]) || array_send(array[credit_balance])
        || array_send(array[v_cv]) || array_send(array[p_effective]) || array_send(array[p_reference])));
      status := 0;
      RETURN;
    END IF;
    -- refused: take back what was moved, still under the lock
    IF c THEN UPDATE ledger.balance t SET balance = t.balance - p_amount, version = t.version - 1 WHERE t.account_id = p_credit; END IF;
    IF d THEN UPDATE ledger.balance t SET balance = t.balance + p_amount, version = t.version - 1 WHERE t.account_id = p_debit; END IF;
  END IF;
  SELECT r.status[1], r.debit_balance[1], r.credit_balance[1] INTO status, debit_balance, credit_balance
    FROM ledger.post(array[p_key], array[p_hash], array[0], array[p_kind], array[p_debit], array[p_credit], array[p_amount], array[p_effective], array[p_reference]) r;
END $$`;
