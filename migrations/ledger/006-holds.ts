import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Holds on a client. A placement locks the owner and all the owner's balances, so a freeze and a posting come one after the other, never at
 * once; accounts opened later inherit the mask. Only accounts of client-owned kinds are held.
 */
export class LedgerHolds1764000010006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(HOLDS);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}

const HOLDS = `
  -- Appends a row to the owner's chain and puts the mask on the owner's balances. The caller has the owner's lock.
  CREATE FUNCTION ledger.record_hold(p_owner text, p_hold uuid, p_action text, p_scopes int, p_reason text, p_legal_basis text, p_actor text) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  DECLARE v_seq int; v_previous bytea; v_mask int;
  BEGIN
    SELECT h.seq, h.digest INTO v_seq, v_previous FROM ledger.hold h WHERE h.owner = p_owner ORDER BY h.seq DESC LIMIT 1;
    v_seq := coalesce(v_seq, 0) + 1; v_previous := coalesce(v_previous, ''::bytea);
    INSERT INTO ledger.hold(owner, seq, hold_id, action, scopes, reason, legal_basis, actor, role, xid, recorded_at, previous, digest)
    VALUES (p_owner, v_seq, p_hold, p_action, p_scopes, p_reason, p_legal_basis, p_actor, session_user, pg_current_xact_id(), now(), v_previous,
      sha256(int4send(v_seq) || uuid_send(p_hold) || int4send(p_scopes) || xid8send(pg_current_xact_id()) || timestamptz_send(now()) || array_send(array[
        v_previous, convert_to(p_owner, 'UTF8'), convert_to(p_action, 'UTF8'), convert_to(p_reason, 'UTF8'), convert_to(p_legal_basis, 'UTF8'), convert_to(p_actor, 'UTF8'), convert_to(session_user::text, 'UTF8')])));
    v_mask := ledger.held_scopes(p_owner);
    WITH locked AS MATERIALIZED (
      SELECT b.account_id FROM ledger.balance b JOIN ledger.account a ON a.id = b.account_id JOIN ledger.account_kind k ON k.code = a.kind
       WHERE a.owner = p_owner AND k.owner = 'client' ORDER BY b.account_id FOR NO KEY UPDATE OF b)
    UPDATE ledger.balance b SET holds = v_mask FROM locked l WHERE b.account_id = l.account_id;
  END $$;

  CREATE FUNCTION ledger.lock_owner(p_owner text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
      RAISE EXCEPTION 'holds are changed in read committed only: an older snapshot could miss an account' USING errcode = '25001';
    END IF;
    PERFORM pg_advisory_xact_lock(7201503, ledger.owner_lock(p_owner));
  END $$;

  -- true: placed now. false: this very hold was placed before. The same id with another content is an error.
  CREATE FUNCTION ledger.place_hold(p_hold uuid, p_owner text, p_scopes int, p_reason text, p_legal_basis text, p_actor text) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE v_known ledger.hold;
  BEGIN
    IF p_owner !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' OR coalesce(p_reason, '') = '' OR coalesce(p_legal_basis, '') = '' OR coalesce(p_actor, '') = ''
       OR p_scopes <= 0 OR p_scopes & ~(SELECT bit_or(t.hold_scope) FROM ledger.transfer_kind t) <> 0 THEN
      RAISE EXCEPTION 'a hold names a client, known scopes, a reason, its legal basis and who places it' USING errcode = '22023';
    END IF;
    PERFORM ledger.lock_owner(p_owner);
    SELECT * INTO v_known FROM ledger.hold h WHERE h.hold_id = p_hold AND h.action = 'placed';
    IF found THEN
      IF (v_known.owner, v_known.scopes, v_known.reason, v_known.legal_basis, v_known.actor) IS DISTINCT FROM (p_owner, p_scopes, p_reason, p_legal_basis, p_actor) THEN
        RAISE EXCEPTION 'hold % is known with another content', p_hold USING errcode = '23505', constraint = 'hold_once';
      END IF;
      RETURN false;
    END IF;
    PERFORM ledger.record_hold(p_owner, p_hold, 'placed', p_scopes, p_reason, p_legal_basis, p_actor);
    RETURN true;
  END $$;

  -- true: released now. false: released before. A hold that was never placed is an error.
  CREATE FUNCTION ledger.release_hold(p_hold uuid, p_actor text, p_reason text) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE v_placed ledger.hold;
  BEGIN
    SELECT * INTO v_placed FROM ledger.hold h WHERE h.hold_id = p_hold AND h.action = 'placed';
    IF NOT found OR coalesce(p_reason, '') = '' OR coalesce(p_actor, '') = '' THEN
      RAISE EXCEPTION 'a release names a hold that was placed, a reason and who releases it' USING errcode = '22023';
    END IF;
    PERFORM ledger.lock_owner(v_placed.owner);
    IF EXISTS (SELECT FROM ledger.hold h WHERE h.hold_id = p_hold AND h.action = 'released') THEN RETURN false; END IF;
    PERFORM ledger.record_hold(v_placed.owner, p_hold, 'released', v_placed.scopes, p_reason, v_placed.legal_basis, p_actor);
    RETURN true;
  END $$;

  CREATE FUNCTION ledger.open_holds(p_owner text) RETURNS TABLE(hold_id uuid, scopes int, reason text, legal_basis text, actor text, recorded_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT h.hold_id, h.scopes, h.reason, h.legal_basis, h.actor, h.recorded_at FROM ledger.hold h
     WHERE h.owner = p_owner AND h.action = 'placed' AND NOT EXISTS (SELECT FROM ledger.hold r WHERE r.hold_id = h.hold_id AND r.action = 'released') ORDER BY h.seq $$;

  -- The scopes held now, and still then when the caller commits: no hold on the owner can be placed or released meanwhile.
  CREATE FUNCTION ledger.scopes_held(p_owner text) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    PERFORM pg_advisory_xact_lock_shared(7201503, ledger.owner_lock(p_owner));
    RETURN ledger.held_scopes(p_owner);
  END $$;
`;
